"""Which of several networks tells clips best, as they are and degraded: AUC at video level on every pack of clips.

    python robustness.py labels.csv DATA --copies --seconds 3
    python prepare.py DATA PACKS --frames 16
    python compare.py PACKS CARD A.onnx B.onnx ... [--together develop others]

Each is FIRST.onnx or FIRST.onnx,SECOND.onnx: another network for the views that the card gives to it.
Faces are shown as the views of the card (model.json) say, and a clip is as suspicious as for the product. Prints a line a
network: for each pack (clips-<name>) and quality the AUC of all its fakes against its reals, and the mean of these.

--together names packs whose clips are compared all with all, too: further real clips among them tell networks apart where those
of the fakes' own data set are too few. From its second line on it says what a network has more than the first, with a 95%
interval from people drawn anew.
"""
import argparse
import glob
import json
import os

import numpy as np

from crops import landmark_box
from data import Pack
from faces import session
from false_positives import crops_of, raw_score
from measure import by_method, person, wins


def clip_scores(classifiers, card, pack):
    """For each classifier, its networks as raw_score has them, {clip: (label, raw score)}."""
    scores = [{} for _ in classifiers]
    for clip in np.unique(pack.name):
        rows = np.flatnonzero(pack.name == clip)
        faces = [(image, landmark_box(landmarks)) for image, landmarks in (pack[i] for i in rows)]
        crops = crops_of(card, faces)
        for networks, own in zip(classifiers, scores):
            own[str(clip)] = int(pack.label[rows[0]]), raw_score(networks, card, len(rows), crops)
    return scores


def print_together(names, scores):
    """AUC of all clips, and what it has more than that of the first network. scores: for each network {clip: (label, score)}."""
    clips = list(scores[0])
    fake = np.array([scores[0][clip][0] == 1 for clip in clips])
    people, who = np.unique([person(clip) for clip in clips], return_inverse=True)
    rng = np.random.default_rng(0)
    draws = [np.bincount(rng.integers(0, len(people), len(people)), minlength=len(people))[who] for _ in range(1000)]
    weights = [(d[fake] / d[fake].sum(), d[~fake] / d[~fake].sum()) for d in draws if d[fake].any() and d[~fake].any()]
    first = None
    for name, own in zip(names, scores):
        score = np.array([own[clip][1] for clip in clips])
        won = wins(score[~fake], score[fake])
        line = f"{name}: together {won.mean():.3f}, {fake.sum()} fakes, {(~fake).sum()} reals"
        if first is None:
            first = won
        else:
            more = won - first
            low, high = np.quantile([of_fakes @ more @ of_reals for of_fakes, of_reals in weights], (0.025, 0.975))
            line += f", {more.mean():+.3f} ({low:+.3f} to {high:+.3f})"
        print(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packs")
    parser.add_argument("card")
    parser.add_argument("networks", nargs="+")
    parser.add_argument("--together", nargs="+", default=[])
    args = parser.parse_args()
    with open(args.card) as f:
        card = json.load(f)
    packs = sorted(os.path.basename(path)[:-4] for path in glob.glob(os.path.join(args.packs, "clips-*.npz")))
    files = [network.split(",") for network in args.networks]
    classifiers = [[session(path) for path in paths] for paths in files]
    names = [",".join(map(os.path.basename, paths)) for paths in files]
    tables = [{} for _ in classifiers]
    pooled = [{} for _ in classifiers]
    for pack in packs:
        name = pack.removeprefix("clips-")
        for table, pool, scores in zip(tables, pooled, clip_scores(classifiers, card, Pack(args.packs, pack))):
            aucs = {key: auc for key, auc in by_method(scores).items() if key.startswith("all ")}
            table.update({f"{name} {key.removeprefix('all ')}": auc for key, auc in aucs.items()})
            if name in args.together:
                pool.update({f"{name}/{clip}": score for clip, score in scores.items()})
    for name, table in zip(names, tables):
        figures = ", ".join(f"{key} {auc:.3f}" for key, auc in table.items())
        print(f"{name}: mean {np.mean(list(table.values())):.3f}: {figures}")
    if args.together:
        print_together(names, pooled)


if __name__ == "__main__":
    main()
