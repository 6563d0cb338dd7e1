"""Bring clips and stills of public repositories out of local clones: those to check with, and those to train on.

    git clone https://github.com/OWNER/NAME CLONES/OWNER+NAME      # for each repository that LIST.csv names
    python collect.py sources/LIST.csv CLONES OUT

LIST.csv has the columns file, label, group, method, source (who or what is shown), repo, path, blob (of git) and crop: w:h:x:y
where one panel of the frame or figure is meant, `anew` for GIF, WebP and longer clips, of which the first 20 seconds are
encoded. Writes OUT/<file> and, for the product's evaluate, OUT/labels.csv with the columns file, label and group. Names what is
missing or cannot be read.

    sources/outside.csv   swapped clips, and originals of theirs, that the classifier is checked with
    sources/reals.csv     real clips of the web, sign language and news
    sources/swaps.csv     swapped clips and originals for training, laid out for prepare.py
    sources/stills.csv    swapped stills and originals for training, likewise
"""
import csv
import os
import subprocess
import sys
import tempfile

import cv2
import numpy as np

from robustness import EVEN, encoded, encoding

CRF = 12


def brought(clones, row):
    """The bytes of the clip, or None."""
    folder = os.path.join(clones, row["repo"].replace("/", "+", 1))
    found = subprocess.run(["git", "-C", folder, "cat-file", "blob", row["blob"]], capture_output=True)
    return found.stdout if found.returncode == 0 else None


def readable(clip, file):
    """Write a clip to a file, animated WebP as bare frames, since ffmpeg 5 does not read it; how ffmpeg is to read the file, None where there are no frames."""
    if clip[8:12] != b"WEBP":
        file.write(clip)
        return []
    _, animation = cv2.imdecodeanimation(np.frombuffer(clip, np.uint8))
    if not animation.frames:
        return None
    file.writelines(frame[:, :, :3].tobytes() for frame in animation.frames)
    height, width = animation.frames[0].shape[:2]
    return ["-f", "rawvideo", "-pix_fmt", "bgr24", "-video_size", f"{width}x{height}", "-framerate", f"{1000 * len(animation.frames) / sum(animation.durations):.3f}"]


def cut_out(clip, crop, path):
    with tempfile.NamedTemporaryFile() as whole:
        source = readable(clip, whole)
        if source is None:
            return False
        whole.flush()
        how = ["-t", "20", "-vf", EVEN] if crop == "anew" else ["-vf", f"crop={crop}"]
        return encoded(["ffmpeg", "-v", "error", "-nostdin", "-y", *source, "-i", whole.name, *how, *encoding(CRF), path], path)


def cut_out_still(still, crop, path):
    picture = cv2.imdecode(np.frombuffer(still, np.uint8), cv2.IMREAD_COLOR)
    w, h, x, y = map(int, crop.split(":"))
    return picture is not None and cv2.imwrite(path, picture[y : y + h, x : x + w])


def main():
    source, clones, out = sys.argv[1:]
    labels = []
    with open(source, newline="") as f:
        rows = list(csv.DictReader(f))
    for row in rows:
        path = os.path.join(out, row["file"])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        clip = brought(clones, row)
        if clip and row["crop"]:
            clip = (cut_out_still if path.endswith(".png") else cut_out)(clip, row["crop"], path)
        elif clip:
            with open(path, "wb") as f:
                f.write(clip)
        if clip:
            labels.append({name: row[name] for name in ("file", "label", "group")})
        else:
            print(f"missing: {row['repo']} {row['path']}", file=sys.stderr)
    with open(os.path.join(out, "labels.csv"), "w", newline="") as f:
        writer = csv.DictWriter(f, ["file", "label", "group"])
        writer.writeheader()
        writer.writerows(labels)
    print(f"{len(labels)} of {len(rows)} files")


if __name__ == "__main__":
    main()
