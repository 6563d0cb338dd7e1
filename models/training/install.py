"""Make an ONNX classifier the product's: copy it to a model folder and write its card, uncalibrated.

    python install.py MODEL.onnx [--second SECOND.onnx] [--folder ../classifier] --name NAME --version VERSION [--sizes 176 208] [--precision int8]

With --second each frame shows the whole face and a part of it, which take turns, and every other time that the whole face is
mirrored the second network is shown it; without, both crops of the whole face are shown in each frame. Then calibrate.py fills
in the calibration and the operating points. Other entries of a card already there are kept.
"""
import argparse
import hashlib
import json
import os
import shutil

from crops import LONGEST_FACE, MARGIN, PARTS, PART_SIZE, SIZES

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def copy(source, folder, name):
    """Copy a model; what a card says of the copy, which is printed."""
    shutil.copyfile(source, os.path.join(folder, name))
    with open(source, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    print(f"{name} {digest}")
    return {"file": name, "sha256": digest}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--second", help="network for half of the mirrored crops")
    parser.add_argument("--folder", default=os.path.join(ROOT, "classifier"))
    parser.add_argument("--name", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--sizes", type=int, nargs=2, default=SIZES, help="of the crop as it is and of the mirrored one, pixels")
    parser.add_argument("--precision", choices=["int8", "float32"], default="int8")
    args = parser.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    card_path = os.path.join(args.folder, "model.json")
    model = copy(args.model, args.folder, f"{args.name}.onnx")
    whole = [{"size": args.sizes[0], "mirrored": False}, {"size": args.sizes[1], "mirrored": True}]
    views = {"views": whole}
    if args.second:
        turns = [whole[0], {**whole[1], "second": True}, *whole]
        parts = [{"size": PART_SIZE, "part": part} for part in PARTS]
        views = {
            "second": copy(args.second, args.folder, f"{args.name}-second.onnx"),
            "views": [view for pair in zip(turns, parts, strict=True) for view in pair],
            "views_per_frame": 2,
        }
    card = {
        "name": args.name,
        "version": args.version,
        "kind": "classifier",
        **model,
        "precision": args.precision,
        "input": {"name": "face", "layout": "NCHW", "colour": "RGB", "mean": [127.5] * 3, "std": [127.5] * 3},
        "output": {"logit": "logit", "heatmap": "heatmap"},
        "crop": {"margin": MARGIN, "longest_face": LONGEST_FACE},
        **views,
        "calibration": {"scale": 1.0, "bias": 0.0},
        "operating_points": {
            name: {"fake_from": 0.5, "real_below": 0.5, "expected_false_positive_rate": None}
            for name in ("balanced", "strict", "sensitive")
        },
    }
    if os.path.exists(card_path):
        with open(card_path) as f:
            others = json.load(f)
        for key in ("second", "views_per_frame"):  # not all cards have them
            others.pop(key, None)
        card = {**others, **card}
    with open(card_path, "w") as f:
        f.write(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
