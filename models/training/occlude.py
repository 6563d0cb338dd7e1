"""What lies before a face without being a forgery: captions and watermarks, fingers, protective masks, bars, things held up.

Kinds take an RGB image [h, w, 3], its landmarks [468, 2] and the width of the face in pixels, and give a layer [h, w, 3], 0 to 255 or
little beyond, and how opaque it is, [h, w], 0 to 1.
"""
import string

import cv2
import numpy as np

from augment import as_image, smooth_field
from forge import JAW, filled_hull

LETTERS = list(string.ascii_letters + string.digits + "@.-:/ ")
FONTS = [cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX]
NOSE_BRIDGE = [117, 6, 346]
MASK_COLOURS = [(235, 235, 235), (150, 190, 215), (25, 25, 28)]
MOST_HIDDEN = 0.5  # share of what is forged


def any_colour(rng):
    return np.full(3, rng.choice([0.0, 255.0])) if rng.random() < 0.4 else rng.uniform(0, 255, 3)


def towards(angle):
    """Unit vectors [..., 2] at angles [...]."""
    return np.stack([np.cos(angle), np.sin(angle)], -1)


def surface(shape, colour, depth, rng):
    """An area of one colour, unevenly lit by up to `depth`, with a little grain."""
    light = smooth_field(shape, int(rng.integers(2, 9)), rng.uniform(5, depth), rng, channels=1)
    grain = cv2.GaussianBlur(rng.normal(0, rng.uniform(0.5, 5), shape[:2]).astype(np.float32), (0, 0), rng.uniform(0.5, 2))
    return np.float32(colour) + (light + grain)[..., None]


def soft(opaque, rng):
    return cv2.GaussianBlur(opaque, (0, 0), rng.uniform(0.4, 1.6))


def written(shape, line, at, font, scale, thickness):
    picture = np.zeros(shape[:2], np.uint8)
    cv2.putText(picture, line, at, font, scale, 255, thickness, cv2.LINE_AA)
    return picture.astype(np.float32) / 255


def text(image, p, face, rng):
    h, w = image.shape[:2]
    ink, font, scale = np.float32(any_colour(rng)), int(rng.choice(FONTS)), face / 250 * rng.uniform(0.4, 2.5)
    layer, opaque = np.full(image.shape, ink), np.zeros((h, w), np.float32)
    thickness, outlined = max(1, int(scale * rng.uniform(1, 4))), rng.random() < 0.3
    x, y = rng.uniform(-0.2, 0.6) * w, rng.uniform(0.05, 1) * h
    for i in range(rng.integers(1, 4)):
        line, at = "".join(rng.choice(LETTERS, rng.integers(3, 24))), (int(x), int(y + i * 34 * scale))
        letters = written(image.shape, line, at, font, scale, thickness)
        if outlined:
            outline = written(image.shape, line, at, font, scale, thickness + 2 + int(scale))
            layer[(outline > 0) & (letters < 0.5)] = 255 - ink
            letters = np.maximum(letters, outline)
        opaque = np.maximum(opaque, letters)
    if rng.random() < 0.4:
        turn = cv2.getRotationMatrix2D((w / 2, h / 2), rng.uniform(-45, 45), 1)
        layer, opaque = cv2.warpAffine(layer, turn, (w, h), borderMode=cv2.BORDER_REPLICATE), cv2.warpAffine(opaque, turn, (w, h))
    return layer, opaque * (rng.uniform(0.25, 1) if rng.random() < 0.6 else 1)


def protective_mask(image, p, face, rng):
    outline = p[JAW + NOSE_BRIDGE]
    outline = outline + rng.normal(0, 0.015 * face, outline.shape)
    layer = surface(image.shape, MASK_COLOURS[rng.integers(len(MASK_COLOURS))] if rng.random() < 0.8 else rng.uniform(0, 255, 3), 35, rng)
    middle = int(p[:, 0].mean())
    for _ in range(rng.integers(0, 4)):
        fold = np.zeros(image.shape[:2], np.float32)
        half = int(face * 0.45), max(1, int(face * rng.uniform(0.02, 0.12)))
        cv2.ellipse(fold, (middle, int(rng.uniform(p[:, 1].mean(), p[:, 1].max()))), half, 0, 0, 180, 1, max(1, int(face / 90)))
        layer -= cv2.GaussianBlur(fold, (0, 0), face / 120)[..., None] * rng.uniform(10, 40)
    return layer, soft(filled_hull(image.shape, outline), rng)


def fingers(image, p, face, rng):
    """One to five beside each other, mostly of about the colour of the face, darker towards their edges."""
    inside = image[filled_hull(image.shape, p) > 0]
    skin = np.median(inside, 0) * rng.uniform(0.75, 1.2) + rng.uniform(-12, 12, 3) if len(inside) and rng.random() < 0.8 else rng.uniform(0, 255, 3)
    opaque, height = np.zeros((2, *image.shape[:2]), np.float32)
    first, angle, width = p.mean(0) + rng.uniform(-0.6, 0.6, 2) * face, rng.uniform(0, 2 * np.pi), face * rng.uniform(0.07, 0.16)
    along = towards(angle)
    across = along[::-1] * [-1, 1]
    for k in range(rng.integers(1, 6)):
        tip = first + across * width * 1.05 * k + along * rng.uniform(-0.1, 0.1) * face
        root = tip + towards(angle + rng.uniform(-0.12, 0.12)) * face * rng.uniform(0.5, 2)
        finger = np.zeros(image.shape[:2], np.uint8)
        cv2.line(finger, tuple(int(v) for v in tip), tuple(int(v) for v in root), 1, max(2, int(width)))
        deep = cv2.distanceTransform(finger, cv2.DIST_L2, 3) / max(1, width / 2)
        opaque, height = np.maximum(opaque, finger), np.where(finger > 0, np.minimum(deep, 1), height)
    return surface(image.shape, skin, 20, rng) - ((1 - height) ** 2)[..., None] * rng.uniform(20, 80), soft(opaque, rng)


def bar(image, p, face, rng):
    h, w = image.shape[:2]
    opaque = np.zeros((h, w), np.float32)
    x, y = (int(v) for v in rng.uniform(-0.1, 0.8, 2) * (w, h))
    across, down = int(face * rng.uniform(0.1, 1.6)), int(face * rng.uniform(0.05, 0.5))
    if rng.random() < 0.6:
        cv2.rectangle(opaque, (x, y), (x + across, y + down), 1, -1)
    else:
        cv2.ellipse(opaque, (x, y), (across // 2 + 1, down // 2 + 1), rng.uniform(0, 180), 0, 360, 1, -1)
    return surface(image.shape, any_colour(rng), 60, rng), soft(opaque, rng) * (rng.uniform(0.3, 1) if rng.random() < 0.4 else 1)


def thing(image, p, face, rng):
    """An angular piece of the picture's own surroundings, turned and lit otherwise."""
    h, w = image.shape[:2]
    turn = cv2.getRotationMatrix2D((w / 2, h / 2), rng.uniform(60, 300), rng.uniform(0.8, 2))
    layer = cv2.warpAffine(np.roll(image, (h // 2, w // 2), (0, 1)), turn, (w, h), borderMode=cv2.BORDER_REFLECT) * np.float32(rng.uniform(0.5, 1.2))
    angles = rng.uniform(0, 2 * np.pi, rng.integers(4, 10))
    corners = towards(angles) * face * rng.uniform(0.1, 0.4, (len(angles), 1))
    return layer, soft(filled_hull(image.shape, p.mean(0) + rng.uniform(-0.7, 0.7, 2) * face + corners), rng)


KINDS = {text: 0.35, protective_mask: 0.12, fingers: 0.28, bar: 0.15, thing: 0.1}


def occlude(images, landmarks, mask, rng):
    """Lay one thing over all `images`, which show one face: (images, `mask` less what is hidden). Nothing where too much of the mask would be."""
    p = landmarks.astype(np.float32)
    kind = list(KINDS)[rng.choice(len(KINDS), p=list(KINDS.values()))]
    layer, opaque = kind(images[0], p, float(np.ptp(p[:, 0])), rng)
    left = mask * (1 - opaque)
    if left.sum() < (1 - MOST_HIDDEN) * mask.sum():
        return images, mask
    m = opaque[..., None]
    return [as_image(m * layer + (1 - m) * image) for image in images], left
