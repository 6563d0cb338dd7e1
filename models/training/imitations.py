"""How the classifier does on forgeries that no clip at hand shows: face swaps, lip sync and talking heads, made of real clips.

    python imitations.py CARD taesd generators.pt PACKS [PACKS ...]

For taesd and generators.pt see redraw.py and generators.py. The real development clips of each PACKS, at best of people that
nothing was trained on, are forged frame by frame in the ways of FORGERIES; originals and forgeries are compressed alike, each
frame as a picture of its own. Prints for each way the AUC against the originals and the share called fake at the balanced
point. The networks that draw are those that draw faces for training, which flatters the figures.
"""
import argparse

import cv2
import numpy as np

from augment import as_image, h264, sharpen
from calibrate import calibrated
from crops import landmark_box
from data import Pack, pasted
from false_positives import crops_of, load, raw_score
from forge import CHEEKS, JAW, LIPS, NOSE, donor_source, filled_hull, fitted, laid_onto
from generators import drawn_box, face_of, loaded
from measure import auc, evenly
from redraw import autoencoder, coded, coloured, generated

CRF = 23
LEAST_FRAMES = 4
LOWER = JAW + NOSE[-7:] + CHEEKS
LARGEST_DRAWING = 224  # pixels a side
MOST_NOISE = 0.1  # in the autoencoder's latents, so that a clip flickers little


class Drawers:
    """The networks: `autoencoder`, and those that draw a face from outlines."""

    def __init__(self, autoencoder, outlined, rng):
        self.autoencoder, self.outlined, self.rng = autoencoder, outlined, rng

    def anew(self, image, landmarks, size=None):
        """The picture with the face and what is around it drawn by the autoencoder, `size` pixels a side."""
        box = drawn_box(image, landmarks)
        face, _ = face_of(image, landmarks, box, size or min(LARGEST_DRAWING, int(max(box[2:] - box[:2])) // 8 * 8))
        return pasted(image, box, coloured(coded(self.autoencoder.encoder, self.autoencoder.decoder, face, self.rng, MOST_NOISE), face, self.rng))

    def from_outlines(self, image, landmarks, turn):
        """The same by one of the networks that are shown outlines, here those of `landmarks`."""
        make, network = self.outlined[turn % len(self.outlined)]
        box = drawn_box(image, landmarks)
        face, within = face_of(image, landmarks, box, make["size"])
        return pasted(image, box, coloured(generated(make, network, face, within, self.rng), face, self.rng))


def blended(source, target, points):
    """`source` inside the hull of points, `target` outside, with a soft edge."""
    edge = float(np.ptp(points[:, 0])) * 0.04
    mask = cv2.GaussianBlur(cv2.erode(filled_hull(target.shape, points), np.ones((3, 3)), iterations=round(edge)), (0, 0), edge)[..., None]
    return as_image(mask * source + (1 - mask) * target)


def moment(frames, k):
    """Another frame of the clip, half of the clip away."""
    return frames[(k + len(frames) // 2) % len(frames)]


def mouth_moved(frames, k):
    """Frame k with the mouth of another moment."""
    image, p = frames[k]
    return blended(laid_onto(p, image.shape, *moment(frames, k))[0], image, p[LOWER])


def swap(drawers, frames, k, donor, size, sharper=0):
    image, p = frames[k]
    source = donor_source(image, p, *donor[k % len(donor)], np.random.default_rng(0))  # the same way in every frame
    if source is None:
        return image
    source = drawers.anew(source, p, size)
    return blended(sharpen(source, sharper) if sharper else source, image, p)


def rectangle_pasted_back(drawers, frames, k, donor):
    image, p = frames[k]
    height, width = image.shape[:2]
    x0, y0, x1, y1 = box = np.clip(np.round(landmark_box(p, 0.04)).astype(int), 0, [width, height] * 2)
    return pasted(image, box, cv2.resize(mouth_moved(frames, k)[y0:y1, x0:x1], (96, 96), interpolation=cv2.INTER_AREA), cv2.INTER_LINEAR)


def mouth_drawn(drawers, frames, k, donor):
    image, p = frames[k]
    return blended(drawers.anew(mouth_moved(frames, k), p), image, p[LOWER])


def mouth_from_outlines(drawers, frames, k, donor):
    image, p = frames[k]
    lips = np.unique(LIPS)
    spoken = p.copy()
    spoken[lips] = laid_onto(p, image.shape, *moment(frames, k))[1][lips]
    return blended(drawers.from_outlines(image, spoken, k), image, p[LOWER])


def bent(frames, k):
    """The first frame, bent to the landmarks of frame k."""
    image, p = frames[k]
    return fitted(*laid_onto(p, image.shape, *frames[0]), p)


FORGERIES = {
    "original": lambda drawers, frames, k, donor: frames[k][0],
    "face swapped, 128 pixels": lambda *clip: swap(*clip, 128),
    "face swapped, 192 pixels, sharpened": lambda *clip: swap(*clip, 192, 0.8),
    "mouth drawn from outlines": mouth_from_outlines,
    "mouth moved, rectangle pasted back from 96 pixels": rectangle_pasted_back,
    "mouth moved, drawn": mouth_drawn,
    "talking head: bent and drawn": lambda drawers, frames, k, donor: drawers.anew(bent(frames, k), frames[k][1]),
    "all of the picture drawn": lambda drawers, frames, k, donor: drawers.anew(*frames[k]),
    "bent": lambda drawers, frames, k, donor: bent(frames, k),
}  # each from the frames (image, landmarks) of a clip, the number of one of them, and the frames of another clip


def clips(folder, count, frames):
    """The real development clips of a folder of packs, `count` of them evenly spread, as lists of (image, landmarks)."""
    pack = Pack(folder, "clips-develop")
    names = np.unique(pack.name[pack.label == 0])
    for name in evenly(names, count):
        rows = np.flatnonzero(pack.name == name)
        if len(rows) >= LEAST_FRAMES:
            yield [(image, landmarks.astype(np.float32)) for image, landmarks in (pack[i] for i in evenly(rows, frames))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("card")
    parser.add_argument("taesd")
    parser.add_argument("generators")
    parser.add_argument("packs", nargs="+")
    parser.add_argument("--clips", type=int, default=60, help="of each PACKS")
    parser.add_argument("--frames", type=int, default=8, help="of each clip")
    args = parser.parse_args()
    card, networks = load(args.card)
    outlined = [(make, network) for make, network in loaded(args.generators) if make["shown"] == "features"]
    if not outlined:
        parser.error(f"none of the networks of {args.generators} is shown outlines")
    drawers = Drawers(autoencoder(args.taesd), outlined, np.random.default_rng(1))
    scores = {name: [] for name in FORGERIES}
    for folder in args.packs:
        donor = None
        for frames in clips(folder, args.clips, args.frames):
            if donor:
                for name, forgery in FORGERIES.items():
                    shown = [(h264([forgery(drawers, frames, k, donor)], CRF, False)[0], landmark_box(p)) for k, (_, p) in enumerate(frames)]
                    scores[name].append(raw_score(networks, card, len(shown), crops_of(card, shown)))
            donor = frames
    fake_from = card["operating_points"]["balanced"]["fake_from"]
    for name, raw in scores.items():
        print(f"{name}: {len(raw)} clips, AUC {auc(scores['original'], raw):.3f}, called fake {np.mean(calibrated(raw, card['calibration']) >= fake_from):.0%}, "
              f"above the original {np.mean(np.array(raw) > scores['original']):.0%}")


if __name__ == "__main__":
    main()
