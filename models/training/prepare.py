"""Find the faces of the training images and clips once, and pack them for fast random access.

    python prepare.py DATA OUT [--workers 2] [--frames 32] [SET ...]

DATA is laid out as <set>/<label>/<image> (stills) and clips/<use>/<label>/<method>/<clip>. For each set OUT gets
<set>.bin (RGB bytes of the context crops, one after the other) and <set>.npz:
    offset, height, width [n]   where a crop lies in the .bin, and its pixels
    landmarks [n, 468, 2]       face mesh, pixels of the context crop
    label [n]                   0 real, 1 fake
    name [n]                    file the crop came from
    frame [n]                   which of the sampled frames; 0 for stills
A context crop is the landmark box with CONTEXT on each side, shrunk where the box would be longer than LONGEST_FACE pixels.
"""
import argparse
import glob
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import av
import cv2
import numpy as np

from crops import LONGEST_FACE, landmark_box
from faces import FaceFinder

CONTEXT = 0.3
finder = None


def start():
    global finder
    cv2.setNumThreads(1)
    finder = FaceFinder(threads=1)


def context(bgr, landmarks):
    """RGB context crop, and the landmarks in it."""
    h, w = bgr.shape[:2]
    x0, y0, x1, y1 = np.round(landmark_box(landmarks, CONTEXT)).astype(int)
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, w), min(y1, h)
    part, points = bgr[y0:y1, x0:x1, ::-1], landmarks - [x0, y0]
    scale = LONGEST_FACE * (1 + 2 * CONTEXT) / max(part.shape[:2])
    if scale < 1:
        part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        points = points * [part.shape[1] / (x1 - x0), part.shape[0] / (y1 - y0)]
    return np.ascontiguousarray(part), points.astype(np.float32)


def sampled_frames(path, count):
    """`count` decoded frames spread evenly over the clip: the middle of each share, where the product may take one soon after."""
    open_clip = partial(av.open, path, metadata_errors="ignore")  # metadata may be in any encoding
    with open_clip() as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        total = stream.frames or sum(1 for _ in container.decode(stream))
    wanted = {int((i + 0.5) * total / count) for i in range(count)}
    with open_clip() as container:
        for i, frame in enumerate(container.decode(video=0)):
            if i in wanted:
                yield frame


def of_file(job):
    path, label, frames = job
    if path.lower().endswith((".jpg", ".jpeg", ".png")):
        images = [cv2.imread(path, cv2.IMREAD_COLOR)]
    else:
        images = (frame.to_ndarray(format="bgr24") for frame in sampled_frames(path, frames))
    found = []
    for i, image in enumerate(images):
        landmarks = finder.largest(image) if image is not None else None
        if landmarks is not None:
            found.append((*context(image, landmarks), i))
    return path, label, found


def pack(name, jobs, out, workers):
    rows, offset = [], 0
    with ProcessPoolExecutor(workers, initializer=start) as pool, open(os.path.join(out, name + ".bin"), "wb") as pixels:
        for path, label, found in pool.map(of_file, jobs, chunksize=1 if name.startswith("clips") else 16):
            for crop, landmarks, frame in found:
                pixels.write(crop.tobytes())
                rows.append((offset, *crop.shape[:2], landmarks, label, path, frame))
                offset += crop.nbytes
    columns = list(zip(*rows))
    keys = ["offset", "height", "width", "landmarks", "label", "name", "frame"]
    np.savez(os.path.join(out, name + ".npz"), **{k: np.array(c) for k, c in zip(keys, columns)})
    print(f"{name}: {len(rows)} faces from {len({r[5] for r in rows})} of {len(jobs)} files", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("out")
    parser.add_argument("sets", nargs="*")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--frames", type=int, default=32, help="of a clip, spread evenly over it")
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    sets = {}
    for folder in sorted(filter(os.path.isdir, glob.glob(os.path.join(args.data, "*")))):
        name = os.path.basename(folder)
        if name == "clips":
            for use in sorted(os.listdir(folder)):
                sets[f"clips-{use}"] = sorted(glob.glob(os.path.join(folder, use, "*", "*", "*")))
        else:
            sets[name] = sorted(glob.glob(os.path.join(folder, "*", "*")))
    for name, files in sets.items():
        if not args.sets or name in args.sets:
            inside = [os.path.relpath(f, args.data).split(os.sep) for f in files]
            jobs = [(path, int("fake" in parts[1:-1]), args.frames) for path, parts in zip(files, inside)]
            pack(name, jobs, args.out, args.workers)


if __name__ == "__main__":
    main()
