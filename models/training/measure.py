"""Video-level AUC on packed clips, for following a training. The figures of the card come from the product's own evaluate."""
import os

import numpy as np
import torch

from crops import crop, landmark_box
from model import crop_logit, mixed_precision


def wins(real, fake):
    """[fakes, reals]: 1 where the fake scores higher than the real, 0.5 where as high, else 0."""
    real, fake = np.asarray(real), np.asarray(fake)[:, None]
    return ((fake > real) + (fake >= real).astype(float)) / 2


def auc(real, fake):
    """Probability that a fake scores higher than a real, ties half."""
    return float(wins(real, fake).mean())


def evenly(rows, count):
    """At most `count` of the rows, evenly spread, the first and the last among them."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(int))]


def clip_scores(score, pack, size, frames=12):
    """{clip: (label, mean of the frame probabilities)}. score: uint8 crops [n, 3, size, size] -> logits [n]."""
    result = {}
    for clip in np.unique(pack.name):
        rows = evenly(np.flatnonzero(pack.name == clip), frames)
        crops = []
        for i in rows:
            image, landmarks = pack[i]
            crops.append(crop(image, landmark_box(landmarks), size).transpose(2, 0, 1))
        logits = score(np.stack(crops))
        result[str(clip)] = int(pack.label[rows[0]]), float((1 / (1 + np.exp(-logits))).mean())
    return result


def person(path):
    """Whose clip it is: FF++ names begin with the person's number, DFD names with the actor's."""
    return os.path.basename(path).split("-", 1)[-1].split("_")[0].split(".")[0]


def by_method(scores):
    """{"<method> <quality>": AUC} from clip_scores of files <label>/<method>/<quality>-<name>; reals of the same quality."""
    table = {}
    parts = {clip: (os.path.basename(os.path.dirname(clip)), os.path.basename(clip)[:3]) for clip in scores}
    for quality in sorted({q for _, q in parts.values()}):
        real = [s for c, (label, s) in scores.items() if label == 0 and parts[c][1] == quality]
        everything = []
        for method in sorted({m for c, (m, q) in parts.items() if q == quality and scores[c][0] == 1}):
            fake = [s for c, (label, s) in scores.items() if label == 1 and parts[c] == (method, quality)]
            table[f"{method} {quality}"] = auc(real, fake)
            everything += fake
        if everything:
            table[f"all {quality}"] = auc(real, everything)
    return table


@torch.no_grad()
def measure(model, pack, size, frames=12):
    def score(crops):
        x = torch.from_numpy(crops).float().div_(127.5).sub_(1).contiguous(memory_format=torch.channels_last)
        with mixed_precision():
            logit, forged = model(x)
        return crop_logit(logit.float(), forged.float())[:, 0].numpy()

    return " ".join(f"{name} {value:.3f}" for name, value in by_method(clip_scores(score, pack, size, frames)).items())
