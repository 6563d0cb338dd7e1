"""Make an ONNX classifier the product's: copy it to a model folder and write its card, uncalibrated.

    python install.py MODEL.onnx [--folder ../classifier] --name NAME --version VERSION [--sizes 176 208] [--precision int8]

Then calibrate.py fills in the calibration and the operating points. Other entries of a card already there are kept.
"""
import argparse
import hashlib
import json
import os
import shutil

from crops import LONGEST_FACE, MARGIN, SIZES

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--folder", default=os.path.join(ROOT, "classifier"))
    parser.add_argument("--name", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--sizes", type=int, nargs=2, default=SIZES, help="of the crop as it is and of the mirrored one, pixels")
    parser.add_argument("--precision", choices=["int8", "float32"], default="int8")
    args = parser.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    file, card_path = f"{args.name}.onnx", os.path.join(args.folder, "model.json")
    shutil.copyfile(args.model, os.path.join(args.folder, file))
    with open(args.model, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    card = {
        "name": args.name,
        "version": args.version,
        "kind": "classifier",
        "file": file,
        "sha256": digest,
        "precision": args.precision,
        "input": {"name": "face", "layout": "NCHW", "colour": "RGB", "mean": [127.5] * 3, "std": [127.5] * 3},
        "output": {"logit": "logit", "heatmap": "heatmap"},
        "crop": {"margin": MARGIN, "longest_face": LONGEST_FACE},
        "views": [{"size": args.sizes[0], "mirrored": False}, {"size": args.sizes[1], "mirrored": True}],
        "calibration": {"scale": 1.0, "bias": 0.0},
        "operating_points": {
            name: {"fake_from": 0.5, "real_below": 0.5, "expected_false_positive_rate": None}
            for name in ("balanced", "strict", "sensitive")
        },
    }
    if os.path.exists(card_path):
        with open(card_path) as f:
            card = {**json.load(f), **card}
    with open(card_path, "w") as f:
        f.write(json.dumps(card, indent=2) + "\n")
    print(f"{file} {digest}")


if __name__ == "__main__":
    main()
