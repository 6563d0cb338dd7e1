import { kernels, openScratch } from './kernels.ts';
import { type Picture, resizeArea, resizeLinear } from './resize.ts';
import { roundHalfEven } from './rounding.ts';

/** A picture shrunk for the face detector, top left on a black canvas. */
export interface Canvas {
  width: number;
  height: number;
  /** NHWC with n = 1, RGB, normalised. */
  data: Float32Array;
  /** Pixels of the original picture for one of the canvas. */
  scale: { x: number; y: number };
  /** Where the original picture begins on the canvas, in pixels. */
  offset: { x: number; y: number };
}

export interface CanvasOptions {
  /** Longest side of the picture on the canvas, padding included. */
  longest: number;
  /** Share of the sides by which the picture's edges are continued outward first. */
  pad: number;
  /** Canvas sides are multiples of this. */
  multipleOf: number;
  mean: number;
  std: number;
}

/**
 * Lay out a picture for the face detector.
 *
 * @param picture the picture, or a smaller copy of it, which saves time.
 * @param original size in pixels of the picture that `scale` leads back to.
 */
export function layOutCanvas(
  picture: Picture,
  original: { width: number; height: number },
  options: CanvasOptions,
): Canvas {
  const { longest, pad, multipleOf } = options;
  const padded = {
    x: roundHalfEven(original.width * pad),
    y: roundHalfEven(original.height * pad),
  };
  const full = { width: original.width + 2 * padded.x, height: original.height + 2 * padded.y };
  const factor = longest / Math.max(full.width, full.height);
  const size = (side: number) => Math.max(1, roundHalfEven(side * factor));
  const offset = { x: roundHalfEven(padded.x * factor), y: roundHalfEven(padded.y * factor) };
  const inner = {
    width: Math.max(1, size(full.width) - 2 * offset.x),
    height: Math.max(1, size(full.height) - 2 * offset.y),
  };
  const small = continueEdges(fit(picture, inner.width, inner.height), offset);
  const width = Math.ceil(small.width / multipleOf) * multipleOf;
  const height = Math.ceil(small.height / multipleOf) * multipleOf;
  return {
    width,
    height,
    data: normalise(small, width, height, options),
    scale: { x: original.width / inner.width, y: original.height / inner.height },
    offset,
  };
}

function fit(picture: Picture, width: number, height: number): Picture {
  if (picture.width === width && picture.height === height) {
    return picture;
  }
  const resize = picture.width >= width && picture.height >= height ? resizeArea : resizeLinear;
  return resize(picture, width, height);
}

function continueEdges(picture: Picture, by: { x: number; y: number }): Picture {
  if (by.x === 0 && by.y === 0) {
    return picture;
  }
  const width = picture.width + 2 * by.x;
  const height = picture.height + 2 * by.y;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    const fromRow = Math.min(picture.height - 1, Math.max(0, y - by.y)) * picture.width;
    for (let x = 0; x < width; x += 1) {
      const from = (fromRow + Math.min(picture.width - 1, Math.max(0, x - by.x))) * 3;
      data.set(picture.data.subarray(from, from + 3), (y * width + x) * 3);
    }
  }
  return { width, height, data };
}

function normalise(
  picture: Picture,
  width: number,
  height: number,
  range: { mean: number; std: number },
): Float32Array {
  const [factor, summand] = [1 / range.std, -range.mean / range.std];
  const scratch = openScratch();
  const source = scratch.put(picture.data);
  const out = scratch.putFloats(width * height * 3, summand);
  const stride = picture.width * 3;
  for (let y = 0; y < picture.height; y += 1) {
    kernels.normalise(source + y * stride, 1, stride, factor, summand, 4, out + y * width * 3 * 4);
  }
  return scratch.floats(out, width * height * 3);
}
