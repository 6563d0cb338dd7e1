import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { type Canvas, layOutCanvas } from './canvas.ts';
import { type FaceDetectorCard, faceDetectorCardSchema, loadModel } from './model-card.ts';
import { startSession } from './model-session.ts';
import { suppressOverlaps } from './nms.ts';
import { sigmoid } from './probability.ts';
import type { Picture } from './resize.ts';
import { stretch } from './resize-taps.ts';
import { rgbPart } from './rgb-part.ts';
import { roundHalfEven } from './rounding.ts';
import type { Box } from './types.ts';
import type { YuvPicture } from './yuv.ts';

/** A face as the detector sees it, in pixels of the picture; the box may reach beyond the picture. */
export interface FaceCandidate {
  box: Box;
  /** Of the person: right eye, left eye, nose tip, mouth centre, right ear, left ear; x, y pairs. */
  keypoints: Float32Array;
  confidence: number;
}

interface PictureSize {
  width: number;
  height: number;
}

export interface FaceDetector {
  /**
   * Faces of a picture, most certain first.
   * @param shrunk the picture as `shrinkForDetector` leaves it
   * @param original size of the picture in pixels
   */
  detect(shrunk: readonly Picture[], original: PictureSize): Promise<FaceCandidate[]>;
  close(): Promise<void>;
}

// The model finds faces 20 to 112 px wide on its canvas and misses larger ones, so that these two together cover
// faces of 6% to 87% of the picture's longest side.
const canvasSizes = [320, 128] as const;
// A face that fills the picture is found once the edges are continued outward.
const secondTryPad = 0.25;
const valuesPerCell = 16;

/** A picture, shrunk to the sizes that the detector searches, the largest first; a smaller one is taken as it is. */
export function shrinkForDetector(picture: YuvPicture): Picture[] {
  return canvasSizes.map((longest) => {
    const { width, height } = shrunkSize(picture, longest);
    return rgbPart(picture, stretch(0, picture.width, width), stretch(0, picture.height, height));
  });
}

function shrunkSize({ width, height }: PictureSize, longest: number): PictureSize {
  const factor = Math.min(1, longest / Math.max(width, height));
  const size = (side: number) => Math.max(1, roundHalfEven(side * factor));
  return { width: size(width), height: size(height) };
}

/**
 * Load MediaPipe's full-range face detector.
 * @see https://storage.googleapis.com/mediapipe-assets/MediaPipe%20BlazeFace%20Model%20Card%20(Full%20Range).pdf
 * @throws {DetectionError} `model_unavailable`
 */
export async function loadFaceDetector(cardPath: string): Promise<FaceDetector> {
  const model = await loadModel(cardPath, faceDetectorCardSchema);
  const { card } = model;
  const names = { inputs: [card.input.name], outputs: ['boxes', 'scores'] };
  const session = await startSession(model, names);
  return {
    async detect(shrunk, original) {
      const found = await detectPadded(session, card, shrunk, original, 0);
      return found.length > 0 ? found : detectPadded(session, card, shrunk, original, secondTryPad);
    },
    close: () => session.release(),
  };
}

async function detectPadded(
  session: InferenceSession,
  card: FaceDetectorCard,
  shrunk: readonly Picture[],
  original: PictureSize,
  pad: number,
): Promise<FaceCandidate[]> {
  const found: FaceCandidate[] = [];
  const { multiple_of: multipleOf, mean, std } = card.input;
  for (const [i, longest] of canvasSizes.entries()) {
    const canvas = layOutCanvas(shrunk[i]!, original, { longest, pad, multipleOf, mean, std });
    found.push(...(await detectOnCanvas(session, card, canvas)));
  }
  return suppressOverlaps(found, card.nms_iou);
}

async function detectOnCanvas(
  session: InferenceSession,
  card: FaceDetectorCard,
  canvas: Canvas,
): Promise<FaceCandidate[]> {
  const image = new Tensor('float32', canvas.data, [1, canvas.height, canvas.width, 3]);
  const { boxes, scores } = await session.run({ [card.input.name]: image }, ['boxes', 'scores']);
  const values = boxes!.data as Float32Array;
  const logits = scores!.data as Float32Array;
  const { stride, centre } = card.anchors;
  const columns = canvas.width / stride;
  const found: FaceCandidate[] = [];
  for (let cell = 0; cell < logits.length; cell += 1) {
    const confidence = sigmoid(logits[cell]!);
    if (confidence >= card.score_threshold) {
      const anchor = {
        x: ((cell % columns) + centre) * stride,
        y: (Math.floor(cell / columns) + centre) * stride,
      };
      const regressed = values.subarray(cell * valuesPerCell, (cell + 1) * valuesPerCell);
      found.push({ ...placeOnPicture(regressed, anchor, canvas), confidence });
    }
  }
  return suppressOverlaps(found, card.nms_iou);
}

function placeOnPicture(
  regressed: Float32Array,
  anchor: { x: number; y: number },
  canvas: Canvas,
): { box: Box; keypoints: Float32Array } {
  const toX = (x: number) => (anchor.x + x - canvas.offset.x) * canvas.scale.x;
  const toY = (y: number) => (anchor.y + y - canvas.offset.y) * canvas.scale.y;
  const [x, y, width, height] = regressed as unknown as [number, number, number, number];
  const keypoints = regressed.slice(4).map((value, i) => (i % 2 === 0 ? toX(value) : toY(value)));
  const box = {
    x0: toX(x - width / 2),
    y0: toY(y - height / 2),
    x1: toX(x + width / 2),
    y1: toY(y + height / 2),
  };
  return { box, keypoints };
}
