"""Draw real faces anew with neural networks, for forgeries with a generator's texture.

    git clone https://github.com/madebyollin/taesd && git -C taesd checkout 5cccb12
    python redraw.py PACKS taesd [--generators generators.pt] [--faces 14000] [--append]

TAEF2 (Bohan, MIT licence), a small autoencoder of a diffusion model, draws each face at 80 to 224 pixels. Noise in its latents
moves features, skin and glints a little, as the generators of face swaps and reenactments do; noise in its decoder's weights
gives the faces the texture of ever other generators. Three of five faces are left to the networks of generators.py instead,
where there are some. Colours are drawn back to the original's. For each set PACKS gets
<set>-redrawn.bin (RGB bytes) and <set>-redrawn.npz:
    row [n]         face of the pack
    box [n, 4]      x0, y0, x1, y1: the part of its context crop that was drawn anew, pixels
    size, offset [n]    the drawing is size x size pixels, stretched; where it lies in the .bin
Held-out faces are left out. With --append what an earlier call drew stays, before the new drawings. train.py uses what is there,
and does without where nothing is.
"""
import argparse
import copy
import os
import sys

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from augment import as_image
from data import Pack, Redrawn
from forge import LIPS
from generators import as_tensor, drawn_box, face_of, loaded, what_is_shown
from model import mixed_precision

SHARES = {"mesonet": 0.5, "aaf": 0.3, "flickr": 0.2}
SIZES = [80, 96, 112, 128, 144, 160, 192, 224]
FACES_PER_NETWORK = 8
GENERATORS_SHARE = 0.6


def noise(z, rng):
    """Normal noise like latents z [1, c, h, w]: of each cell, or of two cells by two."""
    h, w = z.shape[2:]
    if rng.random() < 0.5:
        return torch.from_numpy(rng.normal(size=z.shape).astype(np.float32))
    coarse = torch.from_numpy(rng.normal(size=(1, z.shape[1], h // 2, w // 2)).astype(np.float32))
    return F.interpolate(coarse, (h, w), mode="bilinear") * 1.5


def autoencoder(folder):
    """TAEF2 from a clone of taesd."""
    sys.path.insert(0, folder)
    from taesd import TAESD

    return TAESD(*(os.path.join(folder, f"taef2_{part}.pth") for part in ("encoder", "decoder"))).eval().to(memory_format=torch.channels_last)


@torch.no_grad()
def shaken(decoder, rng):
    """A copy of the decoder whose convolutions are off by up to 20% a weight."""
    other, strength = copy.deepcopy(decoder), rng.uniform(0, 0.2)
    for p in other.parameters():
        if p.ndim == 4:
            p.mul_(1 + torch.from_numpy(rng.normal(size=p.shape).astype(np.float32)) * strength)
    return other


@torch.no_grad()
def coded(encoder, decoder, face, rng, most=0.5):
    """face, uint8 [s, s, 3], as the autoencoder draws it: float32, 0..255. most: noise in the latents, in their standard deviation."""
    with mixed_precision():
        z = encoder(as_tensor([face])).float()
        y = decoder(z + noise(z, rng) * z.std() * rng.uniform(0, most))
    return y.float().clamp(0, 1).mul(255)[0].permute(1, 2, 0).numpy()


@torch.no_grad()
def generated(make, network, face, landmarks, rng):
    """face, uint8 [s, s, 3], as a network of generators.py draws it, every other time with its mouth opened or shut somewhat."""
    if rng.random() < 0.5:
        middle = landmarks[LIPS, 1].mean()
        landmarks = landmarks.copy()
        landmarks[LIPS, 1] = middle + (landmarks[LIPS, 1] - middle) * rng.uniform(0.5, 1.6)
    with mixed_precision():
        y = network(as_tensor([what_is_shown(face, landmarks, make, rng)]))
    return y.float().mul(255)[0].permute(1, 2, 0).numpy()


def coloured(drawn, face, rng):
    """The drawing, its slow changes of colour drawn towards those of the face; uint8."""
    tint = cv2.GaussianBlur(face - drawn, (0, 0), len(face) / 10)
    return as_image(drawn + tint * rng.uniform(0.6, 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packs")
    parser.add_argument("taesd")
    parser.add_argument("--generators", nargs="*", default=[])
    parser.add_argument("--faces", type=int, default=14000)
    parser.add_argument("--append", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    net = autoencoder(args.taesd)
    generators = [network for path in args.generators for network in loaded(path)]
    rng = np.random.default_rng(args.seed)
    for name, share in SHARES.items():
        pack, stem = Pack(args.packs, name), os.path.join(args.packs, name + "-redrawn")
        earlier = Redrawn.found(args.packs, name) if args.append else None
        rows = list(zip(earlier.row, earlier.box, earlier.size, earlier.offset)) if earlier else []
        with open(stem + ".bin", "ab" if rows else "wb") as pixels:
            for n, i in enumerate(rng.permutation(pack.trained(0))[: round(args.faces * share)]):
                if n % FACES_PER_NETWORK == 0:
                    own = generators and rng.random() < GENERATORS_SHARE
                    make, network = generators[rng.integers(len(generators))] if own else (None, shaken(net.decoder, rng))
                image, landmarks = pack[i]
                _, top, _, bottom = box = drawn_box(image, landmarks)
                size = make["size"] if make else int(rng.choice([s for s in SIZES if s <= max(SIZES[0], bottom - top)]))
                face, landmarks = face_of(image, landmarks, box, size)
                drawn = generated(make, network, face, landmarks, rng) if make else coded(net.encoder, network, face, rng)
                face = coloured(drawn, face, rng)
                rows.append((i, box, size, pixels.tell()))
                pixels.write(face.tobytes())
        np.savez(stem + ".npz", **{k: np.array(c) for k, c in zip(("row", "box", "size", "offset"), zip(*rows))})
        print(f"{name}: {len(rows)} faces drawn anew", flush=True)


if __name__ == "__main__":
    main()
