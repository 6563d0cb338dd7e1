"""Which colour matrix clips were encoded with that do not say so: the wrong one puts colours further out of gamut.

    python colour_matrix.py labels.csv

Prints for each clip of labels.csv (column file) that names no matrix and is of high definition (BT.601 goes without saying
below) by how much its colours lie outside of 0..255 as BT.601 and as BT.709, mean over pixels and channels.
"""
import csv
import sys

import av
import numpy as np

from prepare import sampled_frames

WEIGHTS = {"BT.601": (0.299, 0.114), "BT.709": (0.2126, 0.0722)}  # of red and blue in luma
FRAMES = 5
UNSPECIFIED = 2


def rgb(y, u, v, red, blue):
    """[3, ...], not clipped, from limited range."""
    y, u, v = (y - 16) / 219 * 255, (u - 128) / 224 * 255, (v - 128) / 224 * 255
    r, b = y + 2 * (1 - red) * v, y + 2 * (1 - blue) * u
    return np.stack([r, (y - red * r - blue * b) / (1 - red - blue), b])


def planes(frame):
    """Y, U and V at the size of U and V, float32."""
    h, w = frame.height // 2, frame.width // 2
    data = frame.to_ndarray(format="yuv420p").astype(np.float32)
    u, v = data[2 * h :].reshape(2, h, w)
    return data[: 2 * h : 2, : 2 * w : 2], u, v


def out_of_gamut(path):
    """{matrix: mean distance}, None where the clip is not asked for."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        if stream.codec_context.colorspace != UNSPECIFIED or stream.height <= 576 and stream.width < 1280:
            return None
    distances = {name: [] for name in WEIGHTS}
    for frame in sampled_frames(path, FRAMES):
        y, u, v = planes(frame)
        for name, weights in WEIGHTS.items():
            x = rgb(y, u, v, *weights)
            distances[name].append(np.maximum(0, np.maximum(-x, x - 255)).mean())
    return {name: float(np.mean(values)) for name, values in distances.items()}


def main():
    with open(sys.argv[1], newline="") as f:
        files = [row["file"] for row in csv.DictReader(f)]
    for path in files:
        found = out_of_gamut(path)
        if found:
            print(", ".join([path, *(f"{name} {value:.4f}" for name, value in found.items())]), flush=True)


if __name__ == "__main__":
    main()
