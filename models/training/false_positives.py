"""False positives on stills of people the classifier never saw: the held-out tenth of the packed real stills.

    python false_positives.py PACKS CARD [--out reals.csv]

Each still makes one pseudo clip: --frames differently degraded crops (as in training: scale, blur, noise, H.264, JPEG), whose
probabilities are averaged as those of a clip's frames are (`highest_mean`, as in layers/detection/aggregate.ts). Prints the
share called fake at each operating point for each set and, for All-Age-Faces, by age, with a 95% Wilson interval. --out
writes the raw clip scores for calibrate.py.
"""
import argparse
import csv
import json
import os
import re

import numpy as np

from calibrate import calibrated, sigmoid
from crops import crop, landmark_box, shown_of
from data import Pack, crop_degraded, degrade, is_held_out
from faces import session


def wilson(hits, n, z=1.96):
    centre, half = (hits + z * z / 2) / (n + z * z), z * np.sqrt(hits * (n - hits) / n + z * z / 4) / (n + z * z)
    return max(0, centre - half), min(1, centre + half)


def highest_mean(values):
    """Mean over those values in a row, a third of all but four at least, whose mean is highest."""
    length = min(len(values), max(4, -(-len(values) // 3)))
    return max(float(values[i : i + length].mean()) for i in range(len(values) - length + 1))


def logits_of(classifier, view, crops):
    """[n] for n uint8 crops [s, s, 3], shown as a view of the card says."""
    images = np.stack(crops).transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1
    return classifier.run(["logit"], {"face": images[..., ::-1].copy() if view.get("mirrored") else images})[0][:, 0]


def load(path):
    """A card, and the sessions of its networks: the first and, where there is one, the second."""
    with open(path) as f:
        card = json.load(f)
    networks = [network for network in (card, card.get("second")) if network]
    return card, [session(os.path.join(os.path.dirname(path), network["file"])) for network in networks]


def turns(card):
    """The card's views, each with the slice of a clip's frames that it is shown of."""
    views = card["views"]
    per_frame = card.get("views_per_frame", len(views))
    return [(view, slice(i // per_frame, None, len(views) // per_frame)) for i, view in enumerate(views)]


def crops_of(card, faces):
    """For raw_score: of the faces (image, box) of one clip's frames, those that each of `turns` is shown."""
    return [[crop(image, shown_of(box, view), view["size"]) for image, box in faces[turn]] for view, turn in turns(card)]


def raw_score(networks, card, frames, crops):
    """Of one face in so many frames, before calibration.

    networks: as `load` has them. crops: for each of `turns` those of its frames.
    """
    logits, views = np.zeros(frames), np.zeros(frames)
    for (view, turn), shown in zip(turns(card), crops):
        if shown:
            logits[turn] += logits_of(networks[-1 if view.get("second") else 0], view, shown)
            views[turn] += 1
    return highest_mean(sigmoid(logits / views))


def age_group(name):
    age = int(re.search(r"A(\d+)", os.path.basename(name)).group(1))
    return next(label for top, label in ((12, "2-12"), (19, "13-19"), (39, "20-39"), (59, "40-59"), (200, "60-80")) if age <= top)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packs")
    parser.add_argument("card")
    parser.add_argument("--out")
    parser.add_argument("--frames", type=int, default=6)
    args = parser.parse_args()
    card, networks = load(args.card)
    rng, scores, names = np.random.default_rng(11), [], []
    for name in ("aaf", "flickr", "yonsei"):
        pack = Pack(args.packs, name)
        for i in np.flatnonzero(pack.label == 0):
            if not is_held_out(pack.name[i]):
                continue
            image, landmarks = pack[i]
            worse = [degrade([image], rng)[0] for _ in range(args.frames)]
            box = landmark_box(landmarks)
            crops = [[crop_degraded(x, image, shown_of(box, view), view["size"]) for x in worse[turn]] for view, turn in turns(card)]
            scores.append(raw_score(networks, card, args.frames, crops))
            names.append((name, str(pack.name[i])))
    if not scores:
        raise SystemExit("No still of these packs is held out.")
    raw = np.array(scores)
    if args.out:
        with open(args.out, "w", newline="") as f:
            writer = csv.writer(f)
            writer.writerow(["file", "score"])
            writer.writerows((file, f"{score:.6f}") for (_, file), score in zip(names, raw))
    judged = calibrated(raw, card["calibration"])
    groups = {"all": np.ones(len(raw), bool)}
    for i, (name, file) in enumerate(names):
        for group in [name] + ([f"aaf age {age_group(file)}"] if name == "aaf" else []):
            groups.setdefault(group, np.zeros(len(raw), bool))[i] = True
    for group in ["all", *sorted(g for g in groups if g != "all")]:
        part, figures = judged[groups[group]], []
        for point, thresholds in card["operating_points"].items():
            hits = int((part >= thresholds["fake_from"]).sum())
            low, high = wilson(hits, len(part))
            figures.append(f"{point} {hits / len(part):.1%} ({low:.1%} to {high:.1%})")
        print(f"{group}: {len(part)} people, called fake: " + ", ".join(figures), flush=True)


if __name__ == "__main__":
    main()
