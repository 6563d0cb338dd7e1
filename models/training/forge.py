"""Pseudo-forgeries: from one real face a pair (real, fake) that differs only in what a forger would leave behind.

After Shiohara and Yamasaki, "Detecting Deepfakes with Self-Blended Images" (CVPR 2022), with further kinds: a donor of
another identity with like landmarks (Li et al., "Face X-ray", CVPR 2020; also Poisson blended), a face redrawn at the low
resolution of a generator, a face moved by a smooth local warp (reenactment), and the lower half alone (lip sync).
"""
import cv2
import numpy as np

from augment import as_image, colour, rescale, sharpen, smooth_field

OVAL_LOWER = [127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 356]
JAW = OVAL_LOWER[3:-3]
LIPS = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185]
EYE_R = [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246]
EYE_L = [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466]
BROW_R = [46, 53, 52, 65, 55, 70, 63, 105, 66, 107]
BROW_L = [276, 283, 282, 295, 285, 300, 293, 334, 296, 336]
NOSE = [168, 193, 417, 122, 351, 196, 419, 198, 420, 49, 279, 64, 294, 98, 327, 2, 97, 326, 48, 278]
CHEEKS = [50, 280, 205, 425, 187, 411, 117, 346]
RATIOS = [0.5, 0.75, 1, 1, 1, 1]  # Shiohara and Yamasaki's 0.25 leaves next to nothing after compression
EQUALLY_SOFT = 0.5  # share of the pairs in which the real half is made no sharper than what is pasted into the other


def displace(image, field, border=cv2.BORDER_REFLECT):
    h, w = image.shape[:2]
    grid = np.stack(np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32)), -1) + field
    return cv2.remap(image, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR, borderMode=border)


def filled_hull(shape, points):
    mask = np.zeros(shape[:2], np.float32)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.rint(points).astype(np.int32)), 1)
    return mask


def rectangle(shape, low, high):
    mask = np.zeros(shape[:2], np.float32)
    (x0, y0), (x1, y1) = np.maximum(low, 0).astype(int), np.maximum(high, 0).astype(int)
    mask[y0:y1, x0:x1] = 1
    return mask


def dilate(mask, pixels):
    k = max(1, int(pixels)) * 2 + 1
    return cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (k, k)))


def mask_shape(shape, p, face, rng):
    """One of the mask shapes, 0 or 1, [h, w]. p: landmarks, face: width of the face in pixels."""
    kind = rng.choice(["whole", "no_forehead", "mouth_nose", "eyes_nose", "parts", "mouth", "lower", "ellipse", "subset", "inner", "box"],
                      p=[0.18, 0.16, 0.08, 0.08, 0.08, 0.11, 0.1, 0.05, 0.04, 0.08, 0.04])
    hull = lambda *groups: filled_hull(shape, p[np.concatenate(groups)])
    if kind == "whole":
        return filled_hull(shape, p)
    if kind == "no_forehead":
        return hull(OVAL_LOWER, BROW_R, BROW_L)
    if kind == "mouth_nose":
        return dilate(hull(LIPS, NOSE), face * rng.uniform(0.02, 0.08))
    if kind == "eyes_nose":
        return dilate(hull(EYE_R, EYE_L, BROW_R, BROW_L, NOSE), face * rng.uniform(0, 0.05))
    if kind == "mouth":
        return dilate(hull(LIPS), face * rng.uniform(0.02, 0.12))
    if kind == "lower":
        if rng.random() < 0.5:
            return hull(JAW, NOSE[-7:], CHEEKS)
        lo, hi = p.min(0), p.max(0)
        return rectangle(shape, (lo[0], lo[1] + (hi[1] - lo[1]) * rng.uniform(0.45, 0.6)), hi)
    if kind == "box":  # lip-sync generators paste back all of the rectangle that they were shown
        return rectangle(shape, p.min(0) - face * rng.uniform(-0.05, 0.1, 2), p.max(0) + face * rng.uniform(-0.05, 0.1, 2))
    if kind == "inner":
        return dilate(hull(LIPS, EYE_R, EYE_L, BROW_R, BROW_L, CHEEKS), face * rng.uniform(0, 0.05))
    if kind == "ellipse":
        mask = np.zeros(shape[:2], np.float32)
        centre, half = (p.max(0) + p.min(0)) / 2, (p.max(0) - p.min(0)) / 2 * rng.uniform(0.75, 1.05, 2)
        cv2.ellipse(mask, tuple(int(v) for v in centre), tuple(int(max(v, 4)) for v in half), 0, 0, 360, 1, -1)
        return mask
    if kind == "subset":
        return filled_hull(shape, p[rng.choice(468, rng.integers(6, 40), replace=False)])
    mask = np.zeros(shape[:2], np.float32)
    parts = [LIPS, NOSE, EYE_R + BROW_R, EYE_L + BROW_L, EYE_R + EYE_L]
    for i in rng.choice(len(parts), rng.integers(1, 4), replace=False):
        mask = np.maximum(mask, dilate(hull(parts[i]), face * rng.uniform(0.01, 0.06)))
    return mask


def blend_mask(shape, p, face, rng):
    """Shape, elastic warp, blur, cut back to its flat top, blur again, times a ratio: 0..1, [h, w]."""
    mask = mask_shape(shape, p, face, rng)
    mask = displace(mask, smooth_field(shape, rng.integers(4, 9), face * rng.uniform(0.01, 0.05), rng), cv2.BORDER_CONSTANT)
    k = int(rng.uniform(0.02, 0.12) * face) * 2 + 1
    mask = cv2.GaussianBlur(mask, (k, k), 0)
    top = mask.max()
    if top <= 0:
        return mask
    mask = np.where(mask < top * 0.98, 0, mask).astype(np.float32) if rng.random() < 0.7 else mask
    k = int(rng.uniform(0.005, 0.1) * face) * 2 + 1
    mask = cv2.GaussianBlur(mask, (k, k), 0)
    return mask / max(mask.max(), 1e-6) * rng.choice(RATIOS)


def alter(image, face, rng):
    """What sets a pasted face apart: colour, and one of resolution, sharpness, smoothness."""
    image = colour(image, rng, rng.uniform(0, 0.8)) if rng.random() < 0.85 else image  # good swaps match colours
    kind = rng.random()
    if kind < 0.35:
        return rescale(image, 1 / rng.uniform(2, 4), rng)
    if kind < 0.55:
        return sharpen(image, rng.uniform(0.3, 1.2))
    if kind < 0.75:
        return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 1.8))
    return image


def redraw(image, face, rng):
    """As a generator of 48 to 160 pixels draws a face: small, cleaned of noise, enlarged, perhaps sharpened again."""
    small = rescale(image, min(0.9, rng.uniform(48, 160) / max(face, 48)), rng)
    if rng.random() < 0.6:
        small = cv2.bilateralFilter(small, 5, rng.uniform(10, 40), 3)
    return sharpen(small, rng.uniform(0.3, 1.5)) if rng.random() < 0.4 else small


def no_sharper(target, source, mask, rng):
    """The target, softened until it is no sharper than the source inside the mask: else all that is soft comes to seem forged."""
    inside = mask > 0.5 * mask.max()
    if not inside.any():
        return target
    detail = lambda image: cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.CV_32F)[inside].std()
    wanted, soft, by_size = detail(source) * rng.uniform(0.8, 1.2), target, rng.random() < 0.5
    for strength in (0.6, 0.9, 1.3, 1.8, 2.5):
        if detail(soft) <= wanted:
            break
        soft = rescale(target, 1 / (1 + strength), rng) if by_size else cv2.GaussianBlur(target, (0, 0), strength)
    return soft


def shifted(image, mask, p, face, rng):
    """Source and mask moved by up to 3% and 1.5% of the face and scaled by up to 5%."""
    dx, dy = rng.uniform(-0.03, 0.03) * face, rng.uniform(-0.015, 0.015) * face
    sx, sy = rng.uniform(0.95, 1.05, 2)
    cx, cy = p.mean(0)
    matrix = np.float32([[sx, 0, cx - sx * cx + dx], [0, sy, cy - sy * cy + dy]])
    size = image.shape[1::-1]
    return (cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT),
            cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_LINEAR))


def self_source(image, mask, p, face, rng):
    kind = rng.random()
    if kind < 0.2:
        image = displace(image, smooth_field(image.shape, rng.integers(3, 7), face * rng.uniform(0.01, 0.035), rng))
        if rng.random() < 0.5:
            return redraw(image, face, rng), mask
    elif kind < 0.4:
        image = redraw(image, face, rng)
    return shifted(image, mask, p, face, rng)


def thin_plate(at, values, wanted):
    """Thin-plate spline through `values` [n, 2] at `at` [n, 2], evaluated at `wanted` [m, 2] (Bookstein 1989)."""
    bend = lambda a, b: (r := ((a[:, None] - b) ** 2).sum(2)) * np.log(r + 1e-6)
    straight = lambda a: np.hstack([np.ones((len(a), 1)), a])
    system = np.block([[bend(at, at) + 1e-2 * np.eye(len(at)), straight(at)], [straight(at).T, np.zeros((3, 3))]])
    weights = np.linalg.solve(system, np.vstack([values, np.zeros((3, 2))]))
    return np.hstack([bend(wanted, at), straight(wanted)]) @ weights


def fitted(moved, moved_p, p):
    """`moved` bent so that its landmarks moved_p come to lie on p."""
    h, w = moved.shape[:2]
    some, unit = slice(None, None, 8), float(max(h, w))
    cells = np.stack(np.meshgrid((np.arange(16) + 0.5) * w / 16, (np.arange(16) + 0.5) * h / 16), -1).reshape(-1, 2)
    field = thin_plate(p[some] / unit, (moved_p - p)[some], cells / unit).reshape(16, 16, 2).astype(np.float32)
    return displace(moved, cv2.resize(field, (w, h), interpolation=cv2.INTER_CUBIC))


def laid_onto(p, shape, face, face_p, transform=cv2.estimateAffinePartial2D):
    """(face, face_p) moved, turned and scaled (or as `transform` finds) until face_p lie nearest to p, in a picture of `shape`; None where no way is found."""
    matrix, _ = transform(face_p, p)
    if matrix is None:
        return None
    moved = cv2.warpAffine(face, matrix, shape[1::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return moved, face_p @ matrix[:, :2].T + matrix[:, 2]


def donor_source(image, p, donor, donor_p, rng):
    """Another person's face laid onto this one by its landmarks, its colours drawn towards the target's."""
    laid = laid_onto(p, image.shape, donor, donor_p, cv2.estimateAffine2D if rng.random() < 0.5 else cv2.estimateAffinePartial2D)
    if laid is None:
        return None
    moved, moved_p = laid
    if rng.random() < 0.7:
        moved = fitted(moved, moved_p, p)
    inside = filled_hull(image.shape, p) > 0
    source, target = moved[inside].astype(np.float32), image[inside].astype(np.float32)
    if len(source) < 64:
        return None
    gain = np.clip(target.std(0) / np.maximum(source.std(0), 4), 0.5, 2)
    matched = (moved - source.mean(0)) * gain + target.mean(0)
    amount = rng.uniform(0.7, 1)
    return as_image(matched * amount + moved * (1 - amount))


def poisson(source, target, mask):
    """Seamless cloning inside the mask; None where OpenCV cannot (the mask touches the border)."""
    area = (mask > 0.5).astype(np.uint8) * 255
    area[:2], area[-2:], area[:, :2], area[:, -2:] = 0, 0, 0, 0
    x, y, w, h = cv2.boundingRect(area)
    if w < 16 or h < 16:
        return None
    try:
        return cv2.seamlessClone(source, target, area, (x + w // 2, y + h // 2), cv2.NORMAL_CLONE)
    except cv2.error:
        return None


def generated_source(drawn, mask, p, face, rng):
    """A face drawn anew by a neural network (redraw.py), in its place or nearly so; sometimes the whole picture is."""
    if rng.random() < 0.3:
        drawn = sharpen(drawn, rng.uniform(0.3, 1.5))
    if rng.random() < 0.5:
        drawn = colour(drawn, rng, rng.uniform(0, 0.5))
    if rng.random() < 0.25:
        return drawn, np.ones_like(mask)
    mask = mask / max(mask.max(), 1e-6)
    return shifted(drawn, mask, p, face, rng) if rng.random() < 0.3 else (drawn, mask)


def forge(image, landmarks, rng, donor=None, drawn=None):
    """(real, fake, mask) from an RGB face, its landmarks [468, 2] and perhaps a donor (image, landmarks) or the image drawn anew.

    The returned real is the target as altered, so that a global alteration alone tells nothing.
    """
    p = landmarks.astype(np.float32)
    face = float(np.ptp(p[:, 0]))
    mask = blend_mask(image.shape, p, face, rng)
    target, source = image, None
    if drawn is not None:
        source, mask = generated_source(drawn, mask, p, face, rng)
    elif donor is not None:
        source = donor_source(image, p, donor[0], donor[1].astype(np.float32), rng)
        if source is not None and rng.random() < 0.4:
            source = redraw(source, face, rng)
    if source is None:
        donor = None
        if rng.random() < 0.5:
            source = alter(image, face, rng)
        else:
            source, target = image, alter(image, face, rng)
        source, mask = self_source(source, mask, p, face, rng)
    if rng.random() < EQUALLY_SOFT:
        target = no_sharper(target, source, mask, rng)
    fake = poisson(source, target, mask) if donor is not None and rng.random() < 0.3 else None
    if fake is None:
        m = mask[..., None]
        fake = as_image(m * source + (1 - m) * target)
    return target, fake, mask
