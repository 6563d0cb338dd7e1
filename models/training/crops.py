"""The face crop: what the classifier sees, in training exactly as in the product (layers/detection/crop.ts)."""
import cv2
import numpy as np

MARGIN = 0.125  # of the landmark box, on each side, in use
LONGEST_FACE = 200  # longer side of the landmark box, pixels: prepare.py shrinks larger faces to it, and so does the product
SIZES = (176, 208)  # pixels a side, in use: of the crop as it is and of the mirrored one (model card)
WHOLE = (0, 0, 1, 1)  # as a part
PARTS = ((0.1, 0.45, 0.9, 1), (0, 0.2, 0.6, 0.9), (0.1, 0, 0.9, 0.6), (0.4, 0.2, 1, 0.9))  # of the crop, in use: lower, left, upper, right
PART_SIZE = 160  # of their crops, pixels a side


def landmark_box(landmarks, margin=MARGIN):
    """(x0, y0, x1, y1) of the landmarks, widened by `margin` (one number, or one a side) of its width and height."""
    lo, hi = landmarks.min(0), landmarks.max(0)
    left, top, right, bottom = np.broadcast_to(margin, 4)
    w, h = hi - lo
    return np.array([lo[0] - left * w, lo[1] - top * h, hi[0] + right * w, hi[1] + bottom * h])


def part_of(box, part):
    """The part of a box (x0, y0, x1, y1) from x0, y0 to x1, y1, shares of its width and height."""
    (x0, y0, x1, y1), (left, top, right, bottom) = box, part
    w, h = x1 - x0, y1 - y0
    return np.array([x0 + left * w, y0 + top * h, x0 + right * w, y0 + bottom * h])


def shown_of(box, view):
    """What a view of the card shows of the crop's box."""
    return part_of(box, view.get("part", WHOLE))


def crop(image, box, size):
    """Cut the box (clipped to the image, whole pixels) and stretch it to size x size.

    Bilinear; the mean over the area where the box shrinks by more than 1.5.
    """
    h, w = image.shape[:2]
    x0, y0 = np.clip(np.round(box[:2]).astype(int), 0, [w - 1, h - 1])
    x1, y1 = np.clip(np.round(box[2:]).astype(int), [x0 + 1, y0 + 1], [w, h])
    part = image[y0:y1, x0:x1]
    shrinks = max(part.shape[:2]) > 1.5 * size
    return cv2.resize(part, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
