"""Fit the clip-level calibration and the operating points, and write them into the classifier's card.

    npm run evaluate -- labels.csv --scores scores.csv      # with the card to be replaced
    python calibrate.py CARD scores.csv [scores.csv ...] [--reals REALS.csv] [--real-clips SCORES.csv ...] [--dry-run]

scores.csv: columns file, label, score (calibrated by the present card; the card is undone here) and, to keep people
together, group. Platt scaling (Platt 1999; logistic regression on the logit of the raw clip score, both classes weighing
the same, so that the score is a probability at even odds). Prints the expected calibration error in
leave-one-group-out cross-validation, so that no clip is judged by a fit that has seen its person.
Thresholds: the balanced point calls at most 5% of the real fake, the strict one 1%, the sensitive one 15%, of each: the real
clips of all files, --reals (column score: raw clip scores of stills of further real people) and each file of --real-clips (as
scores.csv: clips of one kind of further real people, for which there are no fakes to fit with). Below 0.5 (sensitive: 0.4) a
clip is called real.
"""
import argparse
import csv
import json

import numpy as np

from measure import auc, person

MARGIN = 0.05  # of a threshold above the real clip that it must not call fake, in logits: about as far as rounding moves a score


def logit(p):
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def calibrated(raw, calibration):
    """Scores as the product gives them, of raw clip scores; `calibration` as in the card."""
    return sigmoid(calibration["scale"] * logit(np.asarray(raw)) + calibration["bias"])


def platt(x, y, ridge=1e-2):
    """(scale, bias) of sigmoid(scale * x + bias) by Newton's method, the classes weighing the same."""
    weight = np.where(y == 1, 0.5 / max(1, (y == 1).sum()), 0.5 / max(1, (y == 0).sum())) * len(y)
    design, theta = np.stack([x, np.ones_like(x)], 1), np.array([1.0, 0.0])
    for _ in range(100):
        p = sigmoid(design @ theta)
        gradient = design.T @ (weight * (p - y)) + ridge * (theta - [1, 0])
        hessian = (design * (weight * p * (1 - p))[:, None]).T @ design + ridge * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        theta = theta - step
        if np.abs(step).max() < 1e-9:
            break
    return theta


def calibration_error(p, y, bins=10):
    """Expected calibration error with bins of equal width, the classes weighing the same."""
    weight = np.where(y == 1, 0.5 / max(1, (y == 1).sum()), 0.5 / max(1, (y == 0).sum()))
    which = np.minimum((p * bins).astype(int), bins - 1)
    return sum(abs(((p - y) * weight)[which == b].sum()) for b in range(bins))


def error_by_chance(p, y, times=2000, seed=0):
    """Expected calibration errors that scores p, were they calibrated perfectly, would show on as many clips, [times].

    Consistency resampling (Broecker and Smith 2007): labels drawn anew from the scores, which hold at even odds, at the odds of y.
    """
    rng, odds = np.random.default_rng(seed), y.mean() / (1 - y.mean())
    chance = p * odds / (p * odds + 1 - p)
    drawn = (rng.random((times, len(p))) < chance).astype(float)
    return np.array([calibration_error(p, labels) for labels in drawn])


def read(path):
    with open(path, newline="") as f:
        return [row for row in csv.DictReader(f) if row.get("score")]


def is_fake(row):
    return row["label"] in ("1", "fake")


def raw_logits(rows, calibration):
    """Logits of raw clip scores, [n], from rows whose scores were calibrated."""
    return (logit(np.array([float(r["score"]) for r in rows])) - calibration["bias"]) / calibration["scale"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("card")
    parser.add_argument("scores", nargs="+")
    parser.add_argument("--reals")
    parser.add_argument("--real-clips", nargs="+", default=[])
    parser.add_argument("--dry-run", action="store_true")
    args = parser.parse_args()
    with open(args.card) as f:
        card = json.load(f)
    rows = [row for path in args.scores for row in read(path)]
    x = raw_logits(rows, card["calibration"])
    y = np.array([is_fake(row) for row in rows]).astype(float)
    groups = np.array([person(r["file"]) for r in rows])
    scale, bias = platt(x, y)
    scale = max(scale, 0.01)  # a card's scale is positive; only a worthless model comes below
    held_out = np.empty_like(x)
    for group in np.unique(groups):
        a, b = platt(x[groups != group], y[groups != group])
        held_out[groups == group] = sigmoid(a * x[groups == group] + b)
    p = sigmoid(scale * x + bias)
    print(f"{len(y)} clips ({int(y.sum())} fake) of {len(np.unique(groups))} people: AUC {auc(p[y == 0], p[y == 1]):.3f}, scale {scale:.3f}, bias {bias:.3f}")
    print(f"expected calibration error: {calibration_error(p, y):.3f} on the fitted clips, {calibration_error(held_out, y):.3f} with each person left out")
    chance = error_by_chance(p, y)
    print(f"scores calibrated perfectly would show {chance.mean():.3f} on as many clips, and up to {np.quantile(chance, 0.95):.3f} in 95% of cases")
    reals = [x[y == 0]]
    if args.reals:
        with open(args.reals, newline="") as f:
            reals.append(logit(np.array([float(r["score"]) for r in csv.DictReader(f)])))
    for path in args.real_clips:
        clips = [row for row in read(path) if not is_fake(row)]
        reals.append(raw_logits(clips, card["calibration"]))
    reals = [scale * raw + bias for raw in reals]
    card["calibration"] = {"scale": round(float(scale), 4), "bias": round(float(bias), 4)}
    for name, rate, real_below in (("balanced", 0.05, 0.5), ("strict", 0.01, 0.5), ("sensitive", 0.15, 0.4)):
        asked_for = [float(sigmoid(np.quantile(real, 1 - rate, method="higher") + MARGIN)) for real in reals]
        point = {"fake_from": round(max(real_below, *asked_for), 4), "real_below": real_below}
        called_fake = [float((sigmoid(real) >= point["fake_from"]).mean()) for real in reals]
        point["expected_false_positive_rate"] = round(max(called_fake), 4)
        card["operating_points"][name] = point
        print(f"{name}: {point}; of {int(y.sum())} fakes {np.mean(p[y == 1] >= point['fake_from']):.1%} found, {np.mean(p[y == 1] < point['real_below']):.1%} called real; "
              "of the real " + ", ".join(f"{rate:.1%} of {len(real)} called fake" for rate, real in zip(called_fake, reals)))
    if not args.dry_run:
        with open(args.card, "w") as f:
            f.write(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
