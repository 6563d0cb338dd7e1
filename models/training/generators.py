"""Train small networks that draw faces, each of another make, for redraw.py.

    python generators.py PACKS OUT.pt [--count 12] [--steps 500]

What gives a forgery away beside its edges is the hand of the network that drew it, so there have to be many of them. Each
one here is drawn at random: what it is shown (the whole face through a narrow waist, as the autoencoders of face swaps; a
tiny picture of it, as face restorers; it without its features or its lower half but with their outlines, as reenactment and
lip sync), how it enlarges, its activations, normalization and loss, with or without an adversary (Isola et al. 2017).
Real faces that are not held out are its only data. OUT.pt holds a list of {"make", "weights"}.
"""
import argparse
import sys
import time

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from crops import landmark_box
from data import Pack
from forge import BROW_L, BROW_R, EYE_L, EYE_R, JAW, LIPS, NOSE, filled_hull
from model import mixed_precision

SETS = {"mesonet": 0.5, "aaf": 0.25, "flickr": 0.25}
MARGIN = 0.25  # wider than any crop that training cuts
FACES = 6000
SIZE = 160  # of the faces as they are kept
RATE = 2e-3
TRIES = 4  # per network asked for, before giving up
SHOWN = ["whole", "tiny", "features"]


def random_make(rng, shown):
    size = int(rng.choice([96, 128, 160]))
    return {"shown": shown, "size": size, "width": 16 if size > 128 else int(rng.choice([16, 24, 32])),
            "depth": 2 if shown == "whole" else int(rng.integers(3, 5)), "waist": int(rng.choice([12, 24, 48])), "tiny": int(rng.integers(24, 65)),
            "enlarge": str(rng.choice(["nearest", "bilinear", "transposed", "shuffle"])),
            "act": str(rng.choice(["relu", "leaky", "silu"])), "norm": str(rng.choice(["none", "batch"])),
            "loss": str(rng.choice(["l1", "l1", "l2"])), "adversary": bool(rng.random() < 0.6)}


ACTS = {"relu": nn.ReLU, "leaky": lambda: nn.LeakyReLU(0.2), "silu": nn.SiLU}
NORMS = {"none": lambda channels: nn.Identity(), "batch": nn.BatchNorm2d}


class Generator(nn.Module):
    """What it is shown [n, 4, s, s] (RGB and outlines, 0..1) -> face [n, 3, s, s], about 0..1.

    The autoencoder of "whole" has a waist and no shortcuts; the others are U-Nets.
    """

    def __init__(self, make):
        super().__init__()
        widths = [min(make["width"] * 2**i, 128) for i in range(make["depth"] + 1)]
        self.shortcuts = make["shown"] != "whole"
        layer = lambda i, o, stride=1: nn.Sequential(nn.Conv2d(i, o, 3, stride, 1), NORMS[make["norm"]](o), ACTS[make["act"]]())
        self.first = layer(4, widths[0])
        self.down = nn.ModuleList(layer(a, b, 2) for a, b in zip(widths, widths[1:]))
        narrow = widths[-1] if self.shortcuts else make["waist"]
        self.middle = nn.Sequential(layer(widths[-1], narrow), layer(narrow, widths[-1]))
        self.up = nn.ModuleList(self.enlarge(make, a, b) for a, b in zip(widths[:0:-1], widths[-2::-1]))
        self.join = nn.ModuleList(layer(b * (2 if self.shortcuts else 1), b) for b in widths[-2::-1])
        self.last = nn.Conv2d(widths[0], 3, 3, padding=1)

    @staticmethod
    def enlarge(make, i, o):
        kind = make["enlarge"]
        if kind == "transposed":
            return nn.ConvTranspose2d(i, o, 4, 2, 1)
        if kind == "shuffle":
            return nn.Sequential(nn.Conv2d(i, 4 * o, 3, padding=1), nn.PixelShuffle(2))
        return nn.Sequential(nn.Upsample(scale_factor=2, mode=kind), nn.Conv2d(i, o, 3, padding=1))

    def forward(self, x):
        levels = [self.first(x)]
        for down in self.down:
            levels.append(down(levels[-1]))
        x = self.middle(levels.pop())
        for up, join in zip(self.up, self.join):
            x, beside = up(x), levels.pop()
            x = join(torch.cat([x, beside], 1) if self.shortcuts else x)
        return torch.sigmoid(self.last(x))


class Adversary(nn.Module):
    """Judges patches of a face: [n, 3, s, s] -> [n, 1, s/8, s/8]."""

    def __init__(self):
        super().__init__()
        layers, channels = [], 3
        for out in (32, 64, 96):
            layers += [nn.utils.spectral_norm(nn.Conv2d(channels, out, 4, 2, 1)), nn.LeakyReLU(0.2)]
            channels = out
        self.layers = nn.Sequential(*layers, nn.utils.spectral_norm(nn.Conv2d(channels, 1, 3, padding=1)))

    def forward(self, x):
        return self.layers(x)


def outlines(landmarks, size):
    """The outlines of jaw, lips, eyes, brows and nose, uint8 [size, size]. landmarks: pixels of that picture."""
    canvas = np.zeros((size, size), np.uint8)
    points = np.rint(landmarks * 4).astype(np.int32)
    for group, closed in ((JAW, False), (LIPS, True), (EYE_R, True), (EYE_L, True), (BROW_R, False), (BROW_L, False), (NOSE[-6:], False)):
        cv2.polylines(canvas, [points[group]], closed, 255, 1, cv2.LINE_AA, 2)
    return canvas


def what_is_shown(face, landmarks, make, rng):
    """uint8 [s, s, 4]: the face [s, s, 3] as far as the network may see it, and its outlines; landmarks in its pixels."""
    size, shown = len(face), face
    coarse = lambda cells: cv2.resize(cv2.resize(face, (cells, cells), interpolation=cv2.INTER_AREA), (size, size), interpolation=cv2.INTER_LINEAR)
    if make["shown"] == "tiny":
        shown = coarse(make["tiny"])
    elif make["shown"] == "features":
        hidden = filled_hull(face.shape, landmarks)
        if rng.random() < 0.5:  # the lower half alone
            hidden[: int(max(0, landmarks[NOSE[5:7], 1].mean()))] = 0
        shown = np.where(hidden[..., None] > 0, coarse(8), face)
    drawn = outlines(landmarks, size) if make["shown"] == "features" else np.zeros((size, size), np.uint8)
    return np.dstack([shown, drawn])


def drawn_box(image, landmarks):
    """x0, y0, x1, y1 of the part of a context crop that is drawn anew, pixels."""
    h, w = image.shape[:2]
    return np.clip(np.round(landmark_box(landmarks, MARGIN)).astype(int), 0, [w, h, w, h])


def face_of(image, landmarks, box, size):
    """(face uint8 [size, size, 3], landmarks in its pixels): the box of a context crop, resized."""
    x0, y0, x1, y1 = box
    face = cv2.resize(image[y0:y1, x0:x1], (size, size), interpolation=cv2.INTER_AREA)
    return face, (landmarks - box[:2]) * size / (box[2:] - box[:2])


def as_tensor(pictures):
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float().div(255).contiguous(memory_format=torch.channels_last)


def loaded(path):
    """[(make, network)] of a file that main wrote."""
    networks = []
    for entry in torch.load(path, map_location="cpu", weights_only=True):
        network = Generator(entry["make"]).eval().to(memory_format=torch.channels_last)
        network.load_state_dict(entry["weights"])
        networks.append((entry["make"], network))
    return networks


def train(make, faces, steps, rng, batch=12):
    """(network, mean error of its last drawings, 0..1)"""
    net = Generator(make).to(memory_format=torch.channels_last).train()
    adversary = Adversary().to(memory_format=torch.channels_last) if make["adversary"] else None
    optimizer = torch.optim.Adam(net.parameters(), RATE, betas=(0.5, 0.99))
    against = torch.optim.Adam(adversary.parameters(), 4e-4, betas=(0.5, 0.99)) if adversary else None
    size, began, errors = make["size"], time.time(), []
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1, 2 * (1 - step / steps))
        given, wanted = [], []
        for i in rng.integers(len(faces), size=batch):
            face, landmarks = faces[i]
            face = cv2.resize(face, (size, size), interpolation=cv2.INTER_AREA)
            given.append(what_is_shown(face, landmarks * size / SIZE, make, rng))
            wanted.append(face)
        wanted = as_tensor(wanted)
        with mixed_precision():
            drawn = net(as_tensor(given))
        drawn = drawn.float()
        loss = off = F.l1_loss(drawn, wanted) if make["loss"] == "l1" else 4 * F.mse_loss(drawn, wanted)
        if adversary and step > steps // 4:
            with mixed_precision():
                judged = F.relu(1 - adversary(wanted)).mean() + F.relu(1 + adversary(drawn.detach())).mean()
            against.zero_grad()
            judged.backward()
            against.step()
            with mixed_precision():
                loss = off - 0.01 * adversary(drawn).float().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        errors.append(float(F.l1_loss(drawn.detach(), wanted)))
    error = float(np.mean(errors[-20:]))
    print(f"{make}: mean error {error:.3f}, {steps * batch / (time.time() - began):.0f} faces/s", flush=True)
    return net, error


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packs")
    parser.add_argument("out")
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--worst", type=float, default=0.06, help="mean error above which a network has not learned to draw, and is left out")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    faces = []
    for name, share in SETS.items():
        pack = Pack(args.packs, name)
        for i in rng.permutation(pack.trained(0))[: round(FACES * share)]:
            image, landmarks = pack[i]
            faces.append(face_of(image, landmarks, drawn_box(image, landmarks), SIZE))
    networks = []
    for _ in range(TRIES * args.count):
        make = random_make(rng, SHOWN[len(networks) % len(SHOWN)])
        network, error = train(make, faces, args.steps, rng)
        if error <= args.worst:
            networks.append({"make": make, "weights": network.state_dict()})
            torch.save(networks, args.out)
        if len(networks) == args.count:
            return
    sys.exit(f"only {len(networks)} of {args.count} networks have learned to draw")


if __name__ == "__main__":
    main()
