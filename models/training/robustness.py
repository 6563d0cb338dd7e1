"""How the product's verdicts hold when clips are degraded: the robustness table of the model card.

    python robustness.py labels.csv WORK [--seconds 4] [--ffmpeg ffmpeg] [--only NAME ...] [--copies]

Makes a degraded copy of every clip of labels.csv (columns file, label, group) in WORK/<name>/, runs `npm run evaluate`
on the copies, prints one line a degradation, and removes the copies. "partial" puts the first third of a fake clip
between two thirds of the real clip of the same person (FF++ names: the first number), where there is one. --copies makes
the copies only, laid out for prepare.py: WORK/clips/<name>/ and the last three parts of the clip's path.
"""
import argparse
import csv
import json
import os
import shutil
import subprocess

from measure import person

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEGRADATIONS = {  # name: (video filter, CRF)
    "as it is": ("null", 12),
    "CRF 23": ("null", 23),
    "CRF 28": ("null", 28),
    "CRF 34": ("null", 34),
    "CRF 40": ("null", 40),
    "270p": ("scale=-2:270:flags=area", 23),
    "blur": ("gblur=sigma=1.5", 23),
    "noise": ("noise=alls=12:allf=t", 23),
    "darker": ("eq=brightness=-0.15", 23),
    "brighter": ("eq=brightness=0.15", 23),
    "re-filmed": ("scale=iw*0.6:-2:flags=bilinear,rotate=0.03,scale=iw*1.5:-2:flags=bilinear,gblur=sigma=0.8,eq=contrast=0.85", 28),
    "partial": (None, 23),
}
EVEN = "crop=trunc(iw/2)*2:trunc(ih/2)*2"  # as 4:2:0 needs it


def folder_of(name):
    return name.replace(" ", "-")


def encoding(crf):
    return ["-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf), "-pix_fmt", "yuv420p", "-an"]


def commands(row, rows, target, args, video_filter, crf):
    base = [args.ffmpeg, "-v", "error", "-nostdin", "-y"]
    codec = encoding(crf)
    if video_filter is not None:
        return base + ["-t", str(args.seconds), "-i", row["file"], "-vf", f"{video_filter},{EVEN}", *codec, target]
    if row["label"] in ("0", "real"):
        return base + ["-t", str(args.seconds), "-i", row["file"], "-vf", EVEN, *codec, target]
    twin = next((r["file"] for r in rows if r["label"] in ("0", "real") and person(r["file"]) == person(row["file"])), None)
    if twin is None:
        return None
    third = str(args.seconds / 3)
    same = "[{}:v]setpts=PTS-STARTPTS,fps=25,scale=640:480,setsar=1[v{}]"
    graph = ";".join(same.format(i, i) for i in range(3)) + ";[v0][v1][v2]concat=n=3:v=1,format=yuv420p"
    return base + ["-t", third, "-i", twin, "-t", third, "-i", row["file"], "-ss", third, "-t", third, "-i", twin, "-filter_complex", graph, *codec, target]


def encoded(command, target):
    """Run ffmpeg; whether it made the clip `target`, of which nothing is left where it failed."""
    done = subprocess.run(command).returncode == 0
    if not done and os.path.exists(target):
        os.remove(target)
    return done


def degraded_copies(name, rows, place, args):
    """Make a copy of each clip that can have one; its path, place(i, row), with its row of labels.csv."""
    video_filter, crf = DEGRADATIONS[name]
    for i, row in enumerate(rows):
        target = place(i, row)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        command = commands(row, rows, target, args, video_filter, crf)
        if command and encoded(command, target):
            yield target, row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels")
    parser.add_argument("work")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--ffmpeg", default="ffmpeg")
    parser.add_argument("--only", nargs="*", choices=DEGRADATIONS)
    parser.add_argument("--copies", action="store_true")
    args = parser.parse_args()
    with open(args.labels, newline="") as f:
        rows = list(csv.DictReader(f))
    for name in args.only or DEGRADATIONS:
        if args.copies:
            folder = os.path.join(args.work, "clips", folder_of(name))
            made = degraded_copies(name, rows, lambda i, row: os.path.join(folder, *row["file"].split(os.sep)[-3:]), args)
            print(f"{name}: {len(list(made))} copies", flush=True)
            continue
        folder = os.path.join(args.work, folder_of(name))
        made = degraded_copies(name, rows, lambda i, row: os.path.join(folder, f"{i:04d}.mp4"), args)
        os.makedirs(folder, exist_ok=True)
        table = os.path.join(folder, "labels.csv")
        with open(table, "w", newline="") as f:
            writer = csv.writer(f)
            writer.writerow(["file", "label", "group"])
            writer.writerows([target, row["label"], row["group"]] for target, row in made)
        run = subprocess.run(["npm", "run", "--silent", "evaluate", "--", table, "--json"], cwd=ROOT, capture_output=True, text=True)
        shutil.rmtree(folder)
        if run.returncode:
            raise SystemExit(run.stderr)
        total = json.loads(run.stdout)["total"]
        print(f"{name}: {json.dumps(total)}", flush=True)


if __name__ == "__main__":
    main()
