"""Image degradations shared by training and the robustness figures. Images are RGB uint8 [h, w, 3]; rng is a numpy Generator."""
from fractions import Fraction

import av
import cv2
import numpy as np

INTERPOLATIONS = [cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA, cv2.INTER_LANCZOS4]


def as_image(x):
    return np.clip(np.rint(x), 0, 255).astype(np.uint8)


def rescale(image, factor, rng):
    """Shrink by `factor` (< 1) and enlarge again, with two interpolations drawn at random."""
    h, w = image.shape[:2]
    small = (max(8, int(w * factor)), max(8, int(h * factor)))
    down, up = rng.choice([1, 2, 3]), rng.choice([1, 1, 2, 4])
    return cv2.resize(cv2.resize(image, small, interpolation=INTERPOLATIONS[down]), (w, h), interpolation=INTERPOLATIONS[up])


def colour(image, rng, strength=1.0):
    """Shift of RGB up to 20, then hue, saturation, value, brightness and contrast, each more or less."""
    x = image.astype(np.float32)
    if rng.random() < 0.6:
        x += rng.uniform(-20, 20, 3).astype(np.float32) * strength
    if rng.random() < 0.6:
        hsv = cv2.cvtColor(as_image(x), cv2.COLOR_RGB2HSV).astype(np.float32)
        hsv[..., 0] = (hsv[..., 0] + rng.uniform(-9, 9) * strength) % 180
        hsv[..., 1] *= 1 + rng.uniform(-0.3, 0.3) * strength
        hsv[..., 2] *= 1 + rng.uniform(-0.2, 0.2) * strength
        x = cv2.cvtColor(as_image(hsv), cv2.COLOR_HSV2RGB).astype(np.float32)
    if rng.random() < 0.6:
        mean = x.mean()
        x = (x - mean) * (1 + rng.uniform(-0.25, 0.25) * strength) + mean + rng.uniform(-25, 25) * strength
    return as_image(x)


def smooth_field(shape, cells, amplitude, rng, channels=2):
    """A smooth random field of -amplitude to amplitude or little more, such as a displacement in pixels; [h, w] or [h, w, channels]."""
    coarse = rng.uniform(-1, 1, (cells, cells, channels)).astype(np.float32) * amplitude
    return cv2.resize(coarse, shape[1::-1], interpolation=cv2.INTER_CUBIC)


def uneven_light(images, rng):
    """The same slow change of brightness and tint across each of `images`, as light, make-up and flush bring about."""
    shape, cells = images[0].shape[:2], int(rng.integers(2, 6))
    grey = smooth_field(shape, cells, 1, rng, channels=1)[..., None] * rng.uniform(0, 30)
    tint = smooth_field(shape, cells, 1, rng, channels=3) * rng.uniform(0, 12)
    return [as_image(x + (grey + tint)) for x in images]


def sharpen(image, amount):
    soft = cv2.GaussianBlur(image, (0, 0), 1.5)
    return cv2.addWeighted(image, 1 + amount, soft, -amount, 0)


def jpeg(image, quality):
    data = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(quality)])[1]
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1])


def h264(images, crf, inter, preset="veryfast"):
    """Pass images of one size through libx264 as one would pass the clip they came from.

    With `inter`, each image is preceded by itself moved by a pixel, and the predicted (P) picture is what is returned.
    """
    h, w = (s // 2 * 2 for s in images[0].shape[:2])
    out = []
    for image in images:
        encoder = av.CodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = w, h, "yuv420p", Fraction(1, 25)
        encoder.thread_count = 1
        encoder.options = {"crf": str(crf), "preset": preset, "tune": "zerolatency", "bf": "0"}
        decoder = av.CodecContext.create("h264", "r")
        decoder.thread_count = 1
        whole = image[:h, :w]
        sequence = [np.roll(whole, 1, axis=1), whole] if inter else [whole]
        packets = []
        for i, picture in enumerate(sequence):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts = i
            packets += encoder.encode(frame)
        packets += encoder.encode(None)
        frames = [f for p in packets for f in decoder.decode(p)] + decoder.decode(None)
        decoded = frames[-1].to_ndarray(format="rgb24")
        if decoded.shape != image.shape:
            decoded = np.pad(decoded, ((0, image.shape[0] - h), (0, image.shape[1] - w), (0, 0)), mode="edge")
        out.append(decoded)
    return out
