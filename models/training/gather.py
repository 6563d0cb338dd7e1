"""Bring the sets of single stills to train on out of local clones of public repositories.

    git clone https://github.com/OWNER/NAME CLONES/OWNER+NAME      # for each repository named below
    python gather.py CLONES DATA [SET ...]

Writes DATA/<set>/<real|fake>/<image>, as prepare.py reads it. All images of a repository's history count, each once. Where the
card names a number, so many of each label are drawn at random. Terms and rights: the card, Training data.
"""
import argparse
import os
import random
import re
import subprocess

SETS = {  # set: repository, and which paths in it have which label
    "mesonet": ("kiteco/python-youtube-code", {"real": r"Deepfake-detection/(data/Real|deepfake_database/.*/real)/",
                                               "fake": r"Deepfake-detection/(data/DeepFake|deepfake_database/.*/df)/"}),
    "aaf": ("middleyuan/All-Age-Faces-Dataset", {"real": r"(?i)original.images/"}),
    "flickr": ("Koruvika/deepfake_detection", {"real": r"crawl/image_crawl/raw_images/"}),
    "yonsei": ("EASONTAN03/fake-face-detection", {"real": r"real_and_fake_face_5/[a-z]+/real/", "fake": r"real_and_fake_face_5/[a-z]+/fake/"}),
    "openforensics": ("TaherPanbiharwala/Deepfake-Detection", {"real": r"Dataset/\w+/Real/", "fake": r"Dataset/\w+/Fake/"}),
}
DRAWN = {"openforensics": 9000}
IMAGE = re.compile(r"(?i)\.(jpe?g|png)$")


def images_of(clone):
    """{blob: path} of all images in the clone's history."""
    listed = subprocess.run(["git", "-C", clone, "rev-list", "--objects", "--missing=allow-any", "--all"], check=True, capture_output=True, text=True).stdout
    images = {}
    for blob, _, path in (line.partition(" ") for line in listed.splitlines()):
        if IMAGE.search(path):
            images.setdefault(blob, path)
    return images


def write(clone, targets):
    """Write the blobs of {blob: file}; how many there were. Partial clones lack some."""
    written = 0
    with subprocess.Popen(["git", "-C", clone, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as objects:
        for blob, target in targets.items():
            objects.stdin.write(f"{blob}\n".encode())
            objects.stdin.flush()
            _, kind, *size = objects.stdout.readline().split()
            if kind != b"blob":
                continue
            with open(target, "wb") as f:
                f.write(objects.stdout.read(int(size[0])))
            objects.stdout.read(1)
            written += 1
    return written


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones")
    parser.add_argument("data")
    parser.add_argument("sets", nargs="*", metavar="SET", help="one of " + ", ".join(SETS))
    args = parser.parse_args()
    if unknown := set(args.sets) - set(SETS):
        parser.error(f"no such set: {', '.join(unknown)}")
    for name in args.sets or SETS:
        repository, labels = SETS[name]
        clone = os.path.join(args.clones, repository.replace("/", "+"))
        images = images_of(clone)
        for label, pattern in labels.items():
            folder = os.path.join(args.data, name, label)
            os.makedirs(folder, exist_ok=True)
            chosen = [blob for blob, path in images.items() if re.search(pattern, path)]
            if name in DRAWN:
                chosen = random.Random(1).sample(sorted(chosen), min(DRAWN[name], len(chosen)))
            targets, taken = {}, set()
            for blob in chosen:
                base = os.path.basename(images[blob])
                base = blob[:8] + base if base in taken else base  # names are told apart: by them stills are held out (data.py)
                taken.add(base)
                targets[blob] = os.path.join(folder, base)
            print(f"{name}, {label}: {write(clone, targets)} images", flush=True)


if __name__ == "__main__":
    main()
