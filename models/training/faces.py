"""Face finding for model preparation: MediaPipe full-range detection and the 468-point mesh, as ONNX.

    finder = FaceFinder(threads=1)
    for box, keypoints, score in finder.detect(bgr):            # image pixels
        landmarks, presence = finder.mesh(bgr, box, keypoints)  # 468x2 image pixels, 0..1
"""
import os
import cv2
import numpy as np
import onnxruntime as ort

MODELS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def session(model, threads=0):
    """An ONNX model, by path or serialized, ready to run on so many threads (0: one a core), as in layers/detection/model-session.ts."""
    o = ort.SessionOptions()
    o.intra_op_num_threads = threads
    o.inter_op_num_threads = 1
    o.add_session_config_entry("session.x64quantprecision", "1")  # int8 sums do not saturate where the processor has no VNNI
    return ort.InferenceSession(model, o, providers=["CPUExecutionProvider"])


def nms(boxes, scores, iou):
    """Indices kept by plain greedy NMS, best first."""
    order, keep = np.argsort(-scores, kind="stable"), []
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    while len(order):
        i, rest = order[0], order[1:]
        keep.append(i)
        lo = np.maximum(boxes[i, :2], boxes[rest, :2])
        hi = np.minimum(boxes[i, 2:], boxes[rest, 2:])
        inter = np.clip(hi - lo, 0, None).prod(1)
        order = rest[inter / np.maximum(area[i] + area[rest] - inter, 1e-9) <= iou]
    return keep


class FaceFinder:
    def __init__(self, threads=1, sizes=(320, 128), score=0.6, iou=0.3, pad=0.25):
        """sizes: longest side of each canvas the image is searched on. The model finds faces 20 to 112 px wide on its
        canvas and misses larger ones, so 320 and 128 together cover 6% to 87% of the longest side. A single number will
        do too. pad: share of the sides replicated around an image in which no face was found before a second try (0 =
        no second try)."""
        self.detector = session(f"{MODELS}/face-detector/face-detector.onnx", threads)
        self.mesher = session(f"{MODELS}/face-mesh/face-mesh.onnx", threads)
        self.sizes = (sizes,) if isinstance(sizes, int) else tuple(sizes)
        self.score, self.iou, self.pad = score, iou, pad

    def detect(self, bgr):
        """[(box x0,y0,x1,y1, keypoints 6x2, score)] in image pixels, best first. Keypoints: right eye, left eye (the
        person's own), nose tip, mouth centre, right ear, left ear. Boxes may reach beyond the image."""
        faces = self._detect(bgr)
        if not faces and self.pad:
            h, w = bgr.shape[:2]
            py, px = round(h * self.pad), round(w * self.pad)
            padded = cv2.copyMakeBorder(bgr, py, py, px, px, cv2.BORDER_REPLICATE)
            faces = [(b - [px, py, px, py], k - [px, py], s) for b, k, s in self._detect(padded)]
        return faces

    def _detect(self, bgr):
        found = [face for size in self.sizes for face in self._detect_at(bgr, size)]
        if not found:
            return []
        return [found[i] for i in nms(np.array([f[0] for f in found]), np.array([f[2] for f in found]), self.iou)]

    def _detect_at(self, bgr, size):
        h, w = bgr.shape[:2]
        scale = size / max(h, w)
        nw, nh = max(1, round(w * scale)), max(1, round(h * scale))
        cw, ch = -(-nw // 32) * 32, -(-nh // 32) * 32
        small = cv2.resize(bgr, (nw, nh), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        canvas = np.full((1, ch, cw, 3), -1, np.float32)  # black, at the right and at the bottom only
        canvas[0, :nh, :nw] = (small[:, :, ::-1].astype(np.float32) - 127.5) / 127.5
        boxes, logits = self.detector.run(["boxes", "scores"], {"image": canvas})
        scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0], -80, 80)))
        cells = np.flatnonzero(scores >= self.score)
        if not len(cells):
            return []
        columns = cw // 4
        anchor = np.stack([cells % columns + 0.5, cells // columns + 0.5], 1) * 4
        raw, scores = boxes[0, cells], scores[cells]
        centre = raw[:, :2] + anchor
        corners = np.concatenate([centre - raw[:, 2:4] / 2, centre + raw[:, 2:4] / 2], 1)
        keypoints = raw[:, 4:].reshape(-1, 6, 2) + anchor[:, None]
        back = np.array([w / nw, h / nh])
        keep = nms(corners, scores, self.iou)
        return [(corners[i] * np.tile(back, 2), keypoints[i] * back, float(scores[i])) for i in keep]

    def mesh(self, bgr, box, keypoints):
        """Landmarks 468x2 in image pixels and the presence of a face, 0..1. Outside the image is replicated."""
        side = 1.5 * max(box[2] - box[0], box[3] - box[1])
        centre = np.array([box[0] + box[2], box[1] + box[3]]) / 2
        dx, dy = keypoints[1] - keypoints[0]
        angle = np.arctan2(dy, dx)
        # crop pixel -> image pixel: x axis along the line of the eyes
        axis = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * side / 192
        to_image = np.concatenate([axis, (centre - axis @ [96, 96])[:, None]], 1)
        source = bgr
        if side > 2 * 192:  # bilinear sampling alone would alias
            f = 1.5 * 192 / side
            source = cv2.resize(bgr, None, fx=f, fy=f, interpolation=cv2.INTER_AREA)
        warp = to_image * [[source.shape[1] / bgr.shape[1]], [source.shape[0] / bgr.shape[0]]]
        warp[:, 2] += warp[:, :2] @ [0.5, 0.5] - 0.5  # cv2 counts pixel centres at whole numbers, the models at halves
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        crop = cv2.warpAffine(source, warp, (192, 192), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        image = crop[None, :, :, ::-1].astype(np.float32) / 255
        landmarks, presence = self.mesher.run(["landmarks", "presence"], {"image": image})
        points = landmarks[0, :, :2] @ to_image[:, :2].T + to_image[:, 2]
        return points, float(1 / (1 + np.exp(-presence[0, 0])))

    def largest(self, bgr, min_side=48, min_presence=0.5):
        """Landmarks 468x2 of the largest face in image pixels, or None where there is none that is usable."""
        faces = self.detect(bgr)
        for box, keypoints, _ in sorted(faces, key=lambda f: -(f[0][2] - f[0][0])):
            landmarks, presence = self.mesh(bgr, box, keypoints)
            if presence >= min_presence and np.ptp(landmarks, axis=0).min() >= min_side:
                return landmarks
        return None
