"""Retrain a tiny version end to end, to see that every step runs: about two minutes, no data needed.

    python smoke.py

Makes a data set of one public-domain portrait (test/fixtures/astronaut.png) and its variations, then runs prepare, generators,
redraw (with a stand-in for the autoencoder), train (with a resume), average, compression, export, quantize, install, the
product's evaluate, calibrate, false_positives and imitations on it. The model is worthless; what is checked is that the steps fit
together and that the product takes their result.
"""
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile

import cv2
import numpy as np
import torch

from augment import colour
from compiled import operators
from data import PAIRED
from depthwise import DepthwiseConv2d
from forge import forge
from faces import FaceFinder
from norm import BatchNorm2d
from train import WITH_SWAPS

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PORTRAIT = os.path.join(ROOT, "test", "fixtures", "astronaut.png")
FFMPEG = os.environ.get("FFMPEG_PATH", "ffmpeg")


def run(*command, **options):
    print("$", *command, flush=True)
    return subprocess.run(command, check=True, cwd=options.pop("cwd", HERE), **options)


def step(name, *arguments):
    run(sys.executable, os.path.join(HERE, name), *map(str, arguments))


def make_data(folder):
    portrait = cv2.imread(PORTRAIT)
    landmarks, rng = FaceFinder().largest(portrait), np.random.default_rng(0)
    x0, y0, x1, y1 = (int(v) for v in (*(landmarks.min(0) - 60), *(landmarks.max(0) + 60)))
    rgb, points = np.ascontiguousarray(portrait[max(y0, 0):y1, max(x0, 0):x1, ::-1]), landmarks - [max(x0, 0), max(y0, 0)]
    sources, fakes = WITH_SWAPS
    for name in sources:
        for i in range(6 if name in PAIRED else 24):
            for label in ("real", "fake") if name in fakes else ("real",):
                image = colour(rgb, rng) if label == "real" else forge(rgb, points, rng)[1]
                stem = f"{name}-{i:03d}{'__forged' if label == 'fake' else ''}" if name in PAIRED else f"{name}-{label}{i:03d}A{20 + i}"
                target = os.path.join(folder, name, label, f"{stem}.png")
                os.makedirs(os.path.dirname(target), exist_ok=True)
                cv2.imwrite(target, image[:, :, ::-1])
    for i in range(6):
        label, method = ("fake", "forged") if i % 2 else ("real", "original")
        image = forge(rgb, points, rng)[1] if i % 2 else rgb
        source = os.path.join(folder, "frame.png")
        cv2.imwrite(source, image[:, :, ::-1])
        target = os.path.join(folder, "clips", "develop", label, method, f"c23-{i:03d}.mp4")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        run(FFMPEG, "-v", "error", "-y", "-loop", "1", "-i", source, "-t", "2", "-vf", "scale=320:-2", "-pix_fmt", "yuv420p", target)


def write_labels(data, path, labels):
    with open(path, "w", newline="") as f:
        writer = csv.writer(f)
        writer.writerow(["file", "label", "group"])
        for label in labels:
            method = {"real": "original", "fake": "forged"}[label]
            folder = os.path.join(data, "clips", "develop", label, method)
            writer.writerows([os.path.join(folder, clip), label, method] for clip in sorted(os.listdir(folder)))


def gradients(layer, fast):
    """Of the input and the parameters, for the same input each time; `fast`: in bfloat16, by the compiled operators.

    Autocast turns what convolutions are given into bfloat16, but leaves what normalization is given as it is.
    """
    torch.manual_seed(1)
    x = torch.randn(3, 32, 11, 14).bfloat16().float().contiguous(memory_format=torch.channels_last).requires_grad_()
    layer.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=fast):
        y = layer(x.bfloat16() if fast and isinstance(layer, BatchNorm2d) else x)
    y.float().backward(torch.randn(y.shape))
    return [x.grad, *(p.grad for p in layer.parameters())]


def check_operators():
    """The compiled operators against PyTorch's own in float32."""
    torch.manual_seed(0)
    convolutions = [DepthwiseConv2d(32, kernel, stride) for kernel in (3, 5) for stride in (1, 2)]
    norms = [BatchNorm2d(32, cap).eval() for cap in (False, True)] if operators("norm") else []  # else rounded before ReLU6, which turns gradients off
    for layer in convolutions + norms:
        for p in layer.parameters():
            torch.nn.init.normal_(p)
        layer.to(memory_format=torch.channels_last)
        for exact, rounded in zip(gradients(layer, fast=False), gradients(layer, fast=True)):
            assert (exact - rounded).abs().max() < 0.02 * exact.abs().max(), layer
    print("gradients agree;", ", ".join(f"{name} {'compiled' if operators(name) else 'not compiled'}" for name in ("depthwise", "norm")), flush=True)


def committed(folder, files):
    """Make a repository of {path: file}; {path: blob}."""
    git = ["git", "-c", "user.name=smoke", "-c", "user.email=smoke@localhost"]
    run(*git, "init", "-q", folder)
    for path, file in files.items():
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        shutil.copyfile(file, os.path.join(folder, path))
    run(*git, "add", ".", cwd=folder)
    run(*git, "commit", "-q", "-m", "files", cwd=folder)
    listed = subprocess.run(["git", "ls-tree", "-r", "HEAD"], cwd=folder, check=True, capture_output=True, text=True).stdout
    return {path: entry.split()[2] for entry, path in (line.split("\t") for line in listed.splitlines())}


def check_collecting(work, out):
    """What collect.py makes of a repository's clips and still, whole and a panel of them, what is not there left out; and the stills that gather.py finds."""
    clones, clip = os.path.join(work, "clones"), os.path.join(work, "clip.mp4")
    os.makedirs(clones)
    run(FFMPEG, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x240:duration=1", clip)
    animation, webp = cv2.Animation(), os.path.join(work, "clip.webp")
    animation.frames, animation.durations = [np.full((80, 60, 3), grey, np.uint8) for grey in (50, 150, 250)], [100, 100, 100]
    assert cv2.imwriteanimation(webp, animation)
    blobs = committed(os.path.join(clones, "owner+name"), {"clip.mp4": clip, "still.png": PORTRAIT, "clip.webp": webp})
    with open(os.path.join(clones, "list.csv"), "w", newline="") as f:
        rows = [["whole.mp4", blobs["clip.mp4"], ""], ["panel.mp4", blobs["clip.mp4"], "100:80:10:20"], ["missing.mp4", "0" * 40, ""],
                ["anew.mp4", blobs["clip.webp"], "anew"], ["panel.png", blobs["still.png"], "100:80:10:20"]]
        writer = csv.writer(f)
        writer.writerow(["file", "label", "group", "repo", "path", "blob", "crop"])
        writer.writerows([file, "fake", "a group", "owner/name", "a path", blob, crop] for file, blob, crop in rows)
    step("collect.py", os.path.join(clones, "list.csv"), clones, out)
    sizes = [cv2.VideoCapture(os.path.join(out, file)).read()[1].shape[:2] for file in ("whole.mp4", "panel.mp4", "anew.mp4")]
    assert sizes == [(240, 320), (80, 100), (80, 60)], sizes
    of_webp = cv2.VideoCapture(os.path.join(out, "anew.mp4"))
    assert (of_webp.get(cv2.CAP_PROP_FRAME_COUNT), of_webp.get(cv2.CAP_PROP_FPS)) == (3, 10)
    assert (cv2.imread(os.path.join(out, "panel.png")) == cv2.imread(PORTRAIT)[20:100, 10:110]).all()
    with open(os.path.join(out, "labels.csv"), newline="") as f:
        assert [row["file"] for row in csv.DictReader(f)] == ["whole.mp4", "panel.mp4", "anew.mp4", "panel.png"]
    panel = os.path.join(out, "panel.png")
    committed(os.path.join(clones, "EASONTAN03+fake-face-detection"), {"real_and_fake_face_5/training/real/a.png": PORTRAIT, "real_and_fake_face_5/b.png": panel})
    step("gather.py", clones, out, "yonsei")
    assert [os.listdir(os.path.join(out, "yonsei", label)) for label in ("real", "fake")] == [["a.png"], []]


STAND_IN = """import torch

class TAESD(torch.nn.Module):
    def __init__(self, encoder_path, decoder_path):
        super().__init__()
        self.encoder, self.decoder = torch.nn.AvgPool2d(8), torch.nn.Upsample(scale_factor=8)
"""  # an autoencoder for redraw.py to load, with no weights to download


def main():
    check_operators()
    with tempfile.TemporaryDirectory() as work:
        at = lambda *parts: os.path.join(work, *parts)
        make_data(at("data"))
        write_labels(at("data"), at("labels.csv"), ("real", "fake"))
        write_labels(at("data"), at("reals.csv"), ("real",))
        step("prepare.py", at("data"), at("packs"))
        check_collecting(at("repositories"), at("collected"))
        os.makedirs(at("taesd"))
        with open(at("taesd", "taesd.py"), "w") as f:
            f.write(STAND_IN)
        step("generators.py", at("packs"), at("generators.pt"), "--count", 4, "--steps", 2, "--worst", 1)
        step("redraw.py", at("packs"), at("taesd"), "--generators", at("generators.pt"), "--faces", 20)
        step("redraw.py", at("packs"), at("taesd"), "--faces", 20, "--seed", 2, "--append")
        tiny = [at("packs"), at("run"), "--pairs", 2, "--small", 64, "--sizes", 96, 80, "--save", 4, "--workers", 1, "--seed", 3]
        step("train.py", *tiny, "--steps", 4, "--grow-at", 4)
        step("train.py", *tiny, "--steps", 8, "--grow-at", 4, "--resume", "--parts-share", 0.5, "--swaps", "--forged-share", 0.4, "--occluded-share", 0.5)
        step("average.py", at("average.pt"), at("run", "last.pt"), at("run", "last.pt"), "--statistics", at("packs"), "--sizes", 96, 80, "--batches", 2, "--half")
        step("average.py", at("kept.pt"), at("average.pt"), at("run", "last.pt"))
        step("robustness.py", at("reals.csv"), at("copies"), "--copies", "--seconds", 1, "--only", "as it is", "CRF 40")
        step("prepare.py", at("copies"), at("copies-packs"), "--frames", 2)
        step("compression.py", at("packs"), at("copies-packs"), at("average.pt"), at("corrected.pt"), "--pairs", 32)
        step("export.py", at("corrected.pt"), at("float.onnx"))
        step("quantize.py", at("packs"), at("float.onnx"), at("int8.onnx"), "--size", 96, "--crops", 16, "--parts-share", 0.5)
        step("install.py", at("float.onnx"), "--second", at("int8.onnx"), "--folder", at("classifier"), "--name", "tiny", "--version", "0.0.0", "--sizes", 96, 80)
        run("npm", "run", "--silent", "evaluate", "--", at("labels.csv"), "--model", at("classifier"), "--scores", at("scores.csv"), cwd=ROOT)
        step("false_positives.py", at("packs"), at("classifier", "model.json"), "--out", at("stills.csv"), "--frames", 2)
        step("calibrate.py", at("classifier", "model.json"), at("scores.csv"), "--reals", at("stills.csv"), "--real-clips", at("scores.csv"))
        step("imitations.py", at("classifier", "model.json"), at("taesd"), at("generators.pt"), at("packs"), "--clips", 3, "--frames", 4)
        with open(at("classifier", "model.json")) as f:
            card = json.load(f)
        assert card["calibration"] != {"scale": 1.0, "bias": 0.0}
        assert all(point["fake_from"] > 0 for point in card["operating_points"].values())
        step("robustness.py", at("labels.csv"), at("degraded"), "--copies", "--seconds", 1, "--only", "CRF 28", "270p")
        step("prepare.py", at("degraded"), at("degraded-packs"), "--frames", 4)
        step("compare.py", at("degraded-packs"), at("classifier", "model.json"), at("int8.onnx"), f"{at('float.onnx')},{at('int8.onnx')}", "--together", "270p", "CRF-28")
        print("every step ran")


if __name__ == "__main__":
    main()
