"""Training samples from the packs that prepare.py writes."""
import os
import zlib

import cv2
import numpy as np
import torch

from augment import colour, h264, jpeg, uneven_light
from crops import WHOLE, crop, landmark_box, part_of
from forge import filled_hull, forge
from occlude import occlude

SWAPS = {"mesonet", "openforensics", "swaps", "stills"}  # sets whose true forgeries are whole faces swapped
PAIRED = {"swaps", "stills"}  # those whose real files are named <group>-<key>.<ext>, and the swaps made of them <group>-<key>__<method>.<ext>
MASK = 14  # cells a side of the forgery map that supervises the network


def is_held_out(name):
    """A tenth of the stills, by file name, is never trained on: for calibration figures and false positives by group."""
    return zlib.crc32(os.path.basename(str(name)).encode()) % 10 == 0


class Pack:
    """One set: random access to its context crops and landmarks."""

    def __init__(self, folder, name):
        index = np.load(os.path.join(folder, name + ".npz"))
        self.offset, self.height, self.width = index["offset"], index["height"], index["width"]
        self.landmarks, self.label, self.name, self.frame = index["landmarks"], index["label"], index["name"], index["frame"]
        self.pixels = np.memmap(os.path.join(folder, name + ".bin"), np.uint8, "r")
        centred = self.landmarks - self.landmarks.mean(1, keepdims=True)
        self.pose = (centred / np.abs(centred).max((1, 2), keepdims=True))[:, ::12].reshape(len(centred), -1)

    def __len__(self):
        return len(self.label)

    def trained(self, label):
        """Indices of the faces with this label that are not held out."""
        rows = np.flatnonzero(self.label == label)
        return rows[[not is_held_out(name) for name in self.name[rows]]]

    def __getitem__(self, i):
        h, w, o = int(self.height[i]), int(self.width[i]), int(self.offset[i])
        return np.array(self.pixels[o : o + h * w * 3]).reshape(h, w, 3), self.landmarks[i]


def pasted(image, box, face, interpolation=cv2.INTER_CUBIC):
    """`image` with `face` stretched into the box (x0, y0, x1, y1) of it, whole pixels."""
    x0, y0, x1, y1 = box
    result = image.copy()
    result[y0:y1, x0:x1] = cv2.resize(face, (int(x1 - x0), int(y1 - y0)), interpolation=interpolation)
    return result


class Redrawn:
    """The faces of a pack that redraw.py has drawn anew."""

    def __init__(self, folder, name):
        index = np.load(os.path.join(folder, name + "-redrawn.npz"))
        self.row, self.box, self.size, self.offset = index["row"], index["box"], index["size"], index["offset"]
        self.pixels = np.memmap(os.path.join(folder, name + "-redrawn.bin"), np.uint8, "r")

    def draw(self, k, image):
        """`image`, the context crop of face row[k], with the face drawn anew."""
        size, o = int(self.size[k]), int(self.offset[k])
        return pasted(image, self.box[k], np.array(self.pixels[o : o + size * size * 3]).reshape(size, size, 3))

    @classmethod
    def found(cls, folder, name):
        """Those of this pack, None where redraw.py has drawn none."""
        return cls(folder, name) if os.path.exists(os.path.join(folder, name + "-redrawn.npz")) else None


class Originals:
    """Of the swaps of a PAIRED pack, the real faces that they were made of."""

    def __init__(self, pack, fakes):
        stems = [os.path.splitext(os.path.basename(str(name)))[0] for name in pack.name]
        self.key = np.array([stem.split("__")[0] for stem in stems])
        self.group = np.array([stem.split("-")[0] for stem in stems])
        fakes = fakes[np.isin(self.group[fakes], self.group[pack.label == 0])]
        self.frame, self.fakes = pack.frame, fakes
        self.reals_of = {key: np.flatnonzero((self.key == key) & (pack.label == 0)) for key in set(self.key[fakes])}
        self.reals_like = {name: np.flatnonzero((self.group == name) & (pack.label == 0)) for name in set(self.group[fakes])}
        _, which, counts = np.unique(self.group[fakes], return_inverse=True, return_counts=True)
        self.share = (counts**-0.5)[which] / np.sqrt(counts).sum()  # a group's share goes by the square root of its size

    def draw(self, rng):
        """A swap, and a real face of what it was made of, mostly of the same moment; or one of the same group where that has none."""
        i = rng.choice(self.fakes, p=self.share)
        rows = self.reals_of[self.key[i]]
        if len(rows) == 0:
            return i, rng.choice(self.reals_like[self.group[i]])
        now = rows[self.frame[rows] == self.frame[i]]
        return i, rng.choice(now if len(now) and rng.random() < 0.8 else rows)


def degrade(images, rng):
    """The way from the camera to us, the same for all `images`: light, scale, blur, noise, H.264 or JPEG, colour."""
    if rng.random() < 0.3:
        images = uneven_light(images, rng)
    if rng.random() < 0.35:
        factor = rng.uniform(0.3, 1) ** 0.5 if rng.random() < 0.5 else rng.uniform(0.33, 1)
        h, w = images[0].shape[:2]
        size = (max(64, int(w * factor)), max(64, int(h * factor)))
        images = [cv2.resize(x, size, interpolation=cv2.INTER_AREA) for x in images]
    if rng.random() < 0.25:
        sigma = rng.uniform(0.4, 2)
        images = [cv2.GaussianBlur(x, (0, 0), sigma) for x in images]
    if rng.random() < 0.2:
        noise = rng.normal(0, rng.uniform(1, 10), images[0].shape)
        images = [np.clip(x + noise, 0, 255).astype(np.uint8) for x in images]
    codec = rng.random()
    if codec < 0.55:
        crf = int(rng.integers(17, 29) if rng.random() < 0.65 else rng.integers(23, 44))
        images = h264(images, crf, bool(rng.random() < 0.5))
    elif codec < 0.75:
        quality = rng.integers(40, 100)
        images = [jpeg(x, quality) for x in images]
    if rng.random() < 0.5:
        seed = rng.integers(1 << 31)
        images = [colour(x, np.random.default_rng(seed)) for x in images]
    return images


def crop_degraded(worse, image, box, size):
    """The crop at `box` of `image`, cut from what `degrade` made of it, which may be smaller."""
    scale = np.array([worse.shape[1] / image.shape[1], worse.shape[0] / image.shape[0]] * 2)
    return crop(worse, box * scale, size)


def random_part(rng):
    """A part of the unit square, x0, y0, x1, y1."""
    w, h = rng.uniform(0.45, 0.8, 2)
    x, y = rng.uniform(0, 1 - w), rng.uniform(0, 1 - h)
    return x, y, x + w, y + h


def forged_part(box, mask, rng):
    """A part of the box of whose pixels a tenth is forged (mask of the image, 0..1), or the box where none was found."""
    height, width = mask.shape
    for _ in range(12):
        inner = part_of(box, random_part(rng))
        x0, y0, x1, y1 = np.clip(np.round(inner).astype(int), 0, [width, height] * 2)
        inside = mask[y0:y1, x0:x1]
        if inside.size and (inside > 0.3).mean() > 0.1:
            return inner
    return box


def occluded_face(image, landmarks, seed):
    """`image` with the thing before it that the seed stands for, and what is left to see of the face [h, w], 0 to 1."""
    (image,), left = occlude([image], landmarks, filled_hull(image.shape, landmarks), np.random.default_rng(seed))
    return image, left


class Samples(torch.utils.data.IterableDataset):
    """Endless items (images uint8 [k, 3, size, size], label [k], map [k, 14, 14], has_map [k]) with k = 2, one real and one fake.

    One of `sizes` is drawn for each `batch` items that a worker gives, so that the batches of a loader have one size each. A share
    of the pairs shows the same part of both faces, where it is known to be forged: in pseudo-forgeries and face swaps. Another
    share has something before both faces.
    """

    def __init__(self, folder, sizes, batch, seed, sources, fakes, forged_share, donor_share, redrawn_share, parts_share=0, occluded_share=0):
        self.folder, self.sizes, self.batch, self.seed = folder, sizes, batch, seed
        self.sources, self.fakes, self.forged_share = sources, fakes, forged_share
        self.donor_share, self.redrawn_share, self.parts_share = donor_share, redrawn_share, parts_share
        self.occluded_share = occluded_share

    def worsen(self, images, rng):
        return degrade(images, rng)

    def worse_crop(self, image, box, size, rng):
        (worse,) = self.worsen([image], rng)
        return crop_degraded(worse, image, box, size)

    def shows_part(self, rng):
        return self.parts_share > 0 and rng.random() < self.parts_share

    def occludes(self, rng):
        return self.occluded_share > 0 and rng.random() < self.occluded_share

    def __iter__(self):
        cv2.setNumThreads(1)
        info = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, info.id if info else 0])
        packs = {name: Pack(self.folder, name) for name in {*self.sources, *self.fakes}}
        real = {n: packs[n].trained(0) for n in self.sources}
        fake = {n: packs[n].trained(1) for n in self.fakes}
        originals = {n: Originals(packs[n], fake[n]) for n in PAIRED.intersection(self.fakes)}
        redrawn = {n: Redrawn.found(self.folder, n) for n in self.sources}
        while True:
            size = rng.choice(self.sizes)
            for _ in range(self.batch):
                forged = rng.random() < self.forged_share
                yield self.forged_pair(packs, real, redrawn, size, rng) if forged else self.true_pair(packs, real, fake, originals, size, rng)

    def forged_pair(self, packs, real, redrawn, size, rng):
        name = rng.choice(list(self.sources), p=list(self.sources.values()))
        pack, rows = packs[name], real[name]
        again = redrawn[name] if rng.random() < self.redrawn_share else None
        k = rng.integers(len(again.row)) if again else None
        i = again.row[k] if again else rng.choice(rows)
        image, landmarks = pack[i]
        if rng.random() < 0.25:  # what is forged has mostly been compressed before
            (image,) = h264([image], int(rng.integers(17, 30)), False)
        drawn = again.draw(k, image) if again else None
        donor = None
        if drawn is None and rng.random() < self.donor_share:
            donor = self.donor(pack, i, rows, redrawn[name] if rng.random() < 0.5 else None, rng)
        target, forged, mask = forge(image, landmarks, rng, donor, drawn)
        pair = [target, forged]
        if self.occludes(rng):
            pair, mask = occlude(pair, landmarks, mask, rng)
        box = landmark_box(landmarks, rng.uniform(0.03, 0.22, 4))
        if self.shows_part(rng):
            box = forged_part(box, mask, rng)
        images = [crop_degraded(x, image, box, size) for x in self.worsen(pair, rng)]
        return self.item(images, [0, 1], [None, crop(mask, box, size)], rng)

    def donor(self, pack, i, rows, again, rng):
        """Another face of much the same pose as face i, as it is or (`again`) drawn anew; None where there is none."""
        candidates = again.row if again else rows
        others = rng.integers(len(candidates), size=128)
        faces = candidates[others]
        nearest = np.abs(pack.pose[faces] - pack.pose[i]).sum(1).argsort()[:8]
        nearest = nearest[faces[nearest] != i]
        if len(nearest) == 0:
            return None
        n = rng.choice(nearest)
        image, landmarks = pack[faces[n]]
        return (again.draw(others[n], image) if again else image), landmarks

    def true_pair(self, packs, real, fake, originals, size, rng):
        name = rng.choice(list(self.fakes), p=list(self.fakes.values()))
        part = random_part(rng) if name in SWAPS and self.shows_part(rng) else WHOLE
        if name in originals:
            return self.swap_pair(packs[name], originals[name], part, size, rng)
        images, thing = [], rng.integers(1 << 31) if self.occludes(rng) else None
        with_real = name if name in real else rng.choice(list(real))
        for which, rows in ((with_real, real[with_real]), (name, fake[name])):
            i = rng.choice(rows)
            image, landmarks = packs[which][i]
            if thing is not None:
                image, _ = occluded_face(image, landmarks, thing)
            box = part_of(landmark_box(landmarks, rng.uniform(0.03, 0.22, 4)), part)
            images.append(self.worse_crop(image, box, size, rng))
        return self.item(images, [0, 1], [None, False], rng)

    def swap_pair(self, pack, originals, part, size, rng):
        """A swap beside its original, mostly made worse in the same way; all of the face counts as forged."""
        i, original = originals.draw(rng)
        (real, points), (swapped, landmarks) = pair = [pack[original], pack[i]]
        (h, w), before = swapped.shape[:2], real.shape[:2]
        if (h, w) != before and rng.random() < 0.5:
            pair[0] = cv2.resize(real, (w, h), interpolation=cv2.INTER_AREA), (points * [w / before[1], h / before[0]]).astype(np.float32)
        if self.occludes(rng):
            thing, points = rng.integers(1 << 31), pair[0][1]
            (real, _), (swapped, mask) = [occluded_face(*face, thing) for face in pair]
            pair = [(real, points), (swapped, landmarks)]
        else:
            mask = filled_hull(swapped.shape, landmarks)
        alike, seed, margins = rng.random() < 0.7, rng.integers(1 << 31), rng.uniform(0.03, 0.22, 4)
        boxes = [part_of(landmark_box(points, margins), part) for _, points in pair]
        images = [self.worse_crop(image, box, size, np.random.default_rng(seed) if alike else rng) for (image, _), box in zip(pair, boxes)]
        return self.item(images, [0, 1], [None, crop(mask, boxes[1], size)], rng)

    def item(self, images, labels, masks, rng):
        maps, known = np.zeros((2, MASK, MASK), np.float32), np.ones(2, np.float32)
        for k, mask in enumerate(masks):
            if mask is False:
                known[k] = 0
            elif mask is not None:
                maps[k] = cv2.resize(mask, (MASK, MASK), interpolation=cv2.INTER_AREA)
        images = np.stack(images)
        if rng.random() < 0.5:
            images, maps = images[:, :, ::-1], maps[:, :, ::-1]
        return (torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2))), torch.tensor(labels, dtype=torch.float32),
                torch.from_numpy(maps.copy()), torch.from_numpy(known))


def together(items):
    """Collate: pairs -> one batch."""
    return tuple(torch.cat(part) for part in zip(*items))
