"""Find by how much compression raises the logits of a checkpoint, for export.py to take it away.

    python robustness.py labels-reals.csv WORK --copies --seconds 3 --only "as it is" "CRF 23" "CRF 34" "CRF 40"
    python prepare.py WORK PACKS2 --frames 5
    python compression.py PACKS PACKS2 CHECKPOINT OUT.pt

labels-reals.csv names real clips that neither calibrate nor measure anything. A linear estimate of the CRF is fitted to the
pooled features of crops of their copies and, so that it does not take a forgery for compression, to those of pseudo-forgeries
from PACKS and of the reals they were made of. For each CRF above LITTLE so much is subtracted that the copies' logits stay,
by least squares, what they are in the copies of the lowest CRF. OUT.pt is CHECKPOINT's averaged weights with the outcome.
"""
import argparse
import os

import numpy as np
import torch

from augment import h264
from crops import SIZES, crop, landmark_box
from data import Pack, Samples, together
from export import folded
from model import Detector, averaged_weights, crop_logit
from robustness import DEGRADATIONS, folder_of
from train import FAKES, SHARES, SOURCES, as_input

LITTLE = 24  # CRF up to which nothing is subtracted
FORGED_SHARE = 0.7  # weight of the pseudo-forgeries and their reals in the fit
RIDGE = 0.03  # in units of the features' variance

PLAIN = {f"clips-{folder_of(name)}": crf for name, (changed, crf) in DEGRADATIONS.items() if changed == "null"}


class Compressed(Samples):
    """Pairs of one CRF each, which takes the place of whether their maps are known."""

    def worsen(self, images, rng):
        self.crf = int(rng.integers(15, 46))
        return h264(images, self.crf, bool(rng.random() < 0.5))

    def item(self, *args):
        images, labels, maps, known = super().item(*args)
        return images, labels, maps, torch.full_like(known, self.crf)


@torch.no_grad()
def of_crops(model, crops):
    """uint8 [n, 3, s, s] -> pooled features [n, c] and logits [n]."""
    pooled, forged = model.features(as_input(crops))
    return pooled.numpy(), crop_logit(model.classify(pooled), forged)[:, 0].numpy()


def of_pairs(model, packs, pairs):
    """Features and CRF of forged pairs and their reals."""
    shares = {**SHARES, "forged_share": 1}
    loader = torch.utils.data.DataLoader(Compressed(packs, SIZES, 16, 5, SOURCES, FAKES, **shares), 16, num_workers=2, collate_fn=together)
    found = [(of_crops(model, images)[0], crf.numpy()) for _, (images, _, _, crf) in zip(range(-(-pairs // 16)), loader)]
    return tuple(map(np.concatenate, zip(*found)))


def of_copies(model, packs):
    """{clip: {CRF: (features [crops, c], mean logit)}} from the packs of the copies."""
    found = {}
    for name in PLAIN:
        if not os.path.exists(os.path.join(packs, name + ".npz")):
            continue
        pack = Pack(packs, name)
        for clip in np.unique(pack.name):
            faces = [pack[i] for i in np.flatnonzero(pack.name == clip)]
            views = [np.stack([crop(image, landmark_box(landmarks), size).transpose(2, 0, 1) for image, landmarks in faces]) for size in SIZES]
            views[1] = views[1][..., ::-1]  # mirrored, as the card has it
            features, logits = zip(*(of_crops(model, torch.from_numpy(view.copy())) for view in views))
            source = os.path.join(*str(clip).split(os.sep)[-3:])  # as robustness.py names a copy
            found.setdefault(source, {})[PLAIN[name]] = np.concatenate(features), float(np.mean(logits))
    return found


def fit_crf(sets):
    """Ridge regression of (features, CRF, weight) sets; the estimate is features @ weight + bias."""
    features, crf = (np.concatenate([s[k] for s in sets]).astype(np.float64) for k in (0, 1))
    share = np.concatenate([np.full(len(s[0]), s[2] / len(s[0])) for s in sets])
    centre, mean = share @ features, share @ crf
    spread = np.sqrt(share @ (features - centre) ** 2) + 1e-3
    z = (features - centre) / spread
    weight = np.linalg.solve((z.T * share) @ z + RIDGE * np.eye(z.shape[1]), (z.T * share) @ (crf - mean)) / spread
    return weight, mean - centre @ weight


def fit_strength(copies, weight, bias):
    """What to subtract for each CRF above LITTLE: least squares over the copies of each clip."""
    raised, more = [], []
    for by_crf in copies.values():
        above, logits = zip(*((np.maximum(features @ weight + bias - LITTLE, 0).mean(), logit) for _, (features, logit) in sorted(by_crf.items())))
        raised += [logit - logits[0] for logit in logits[1:]]
        more += [a - above[0] for a in above[1:]]
    return max(0.0, float(np.dot(raised, more) / max(np.dot(more, more), 1e-9)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packs")
    parser.add_argument("copies")
    parser.add_argument("checkpoint")
    parser.add_argument("out")
    parser.add_argument("--pairs", type=int, default=5000)
    args = parser.parse_args()
    state = averaged_weights(args.checkpoint)
    model = Detector()
    model.load_state_dict(state)
    model = folded(model).to(memory_format=torch.channels_last)
    copies = of_copies(model, args.copies)
    flat = [(features, crf) for by_crf in copies.values() for crf, (features, _) in by_crf.items()]
    natural = np.concatenate([f for f, _ in flat]), np.concatenate([np.full(len(f), crf) for f, crf in flat])
    weight, bias = fit_crf([(*natural, 1 - FORGED_SHARE), (*of_pairs(model, args.packs, args.pairs), FORGED_SHARE)])
    for crf in np.unique(natural[1]):
        print(f"CRF {crf}: estimated {np.mean(natural[0][natural[1] == crf] @ weight + bias):.1f}")
    strength = fit_strength(copies, weight, bias)
    print(f"{len(copies)} clips: {strength:.3f} subtracted for each CRF above {LITTLE}")
    compression = {"weight": torch.from_numpy(weight[:, None] * strength).float(), "bias": torch.tensor([(bias - LITTLE) * strength]).float()}
    torch.save({"average": state, "compression": compression}, args.out)


if __name__ == "__main__":
    main()
