"""Which of several networks tells clips best, as they are and degraded: AUC at video level on every pack of clips.

    python robustness.py labels.csv DATA --copies --seconds 3
    python prepare.py DATA PACKS --frames 16
    python compare.py PACKS CARD A.onnx B.onnx ...

Faces are shown as the views of the card (model.json) say, and a clip is as suspicious as for the product. Prints a line a
network: for each pack (clips-<name>) and quality the AUC of all its fakes against its reals, and the mean of these.
"""
import argparse
import glob
import json
import os

import numpy as np

from crops import crop, landmark_box
from data import Pack
from faces import session
from false_positives import raw_score
from measure import by_method


def clip_scores(classifiers, views, pack):
    """For each classifier {clip: (label, raw score)}."""
    scores = [{} for _ in classifiers]
    for clip in np.unique(pack.name):
        rows = np.flatnonzero(pack.name == clip)
        faces = [pack[i] for i in rows]
        crops = [[crop(image, landmark_box(landmarks), view["size"]) for image, landmarks in faces] for view in views]
        for classifier, own in zip(classifiers, scores):
            own[str(clip)] = int(pack.label[rows[0]]), raw_score(classifier, views, crops)
    return scores


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packs")
    parser.add_argument("card")
    parser.add_argument("networks", nargs="+")
    args = parser.parse_args()
    with open(args.card) as f:
        views = json.load(f)["views"]
    names = sorted(os.path.basename(path)[:-4] for path in glob.glob(os.path.join(args.packs, "clips-*.npz")))
    classifiers = [session(network) for network in args.networks]
    tables = [{} for _ in classifiers]
    for name in names:
        for table, scores in zip(tables, clip_scores(classifiers, views, Pack(args.packs, name))):
            aucs = {key: auc for key, auc in by_method(scores).items() if key.startswith("all ")}
            table.update({f"{name.removeprefix('clips-')} {key.removeprefix('all ')}": auc for key, auc in aucs.items()})
    for network, table in zip(args.networks, tables):
        figures = ", ".join(f"{name} {auc:.3f}" for name, auc in table.items())
        print(f"{os.path.basename(network)}: mean {np.mean(list(table.values())):.3f}: {figures}")


if __name__ == "__main__":
    main()
