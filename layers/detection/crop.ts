import { boxHeight, boxWidth, widenBox } from './box.ts';
import { type Picture, resizeArea, resizeLinear } from './resize.ts';
import { stretch } from './resize-taps.ts';
import { rgbPart } from './rgb-part.ts';
import { roundHalfEven } from './rounding.ts';
import type { Box } from './types.ts';
import type { YuvPicture } from './yuv.ts';

// Where the longer side shrinks by more than this, bilinear sampling would skip pixels.
const mostBilinearShrink = 1.5;

export interface CropOptions {
  /** Share of the landmarks' box that is added on each of its sides. */
  margin: number;
  /** Sides of the crops in pixels; each is stretched to a square. */
  sizes: readonly number[];
  /** A face whose longer side has more pixels is shrunk to this first. */
  longestFace?: number | undefined;
}

/**
 * The crops of a face that the classifier sees: as in training (models/training, prepare.py and crops.py).
 *
 * @param box box of the landmarks in pixels of the picture
 * @returns one crop for each of `options.sizes`
 */
export function cropFace(picture: YuvPicture, box: Box, options: CropOptions): Picture[] {
  const { margin, sizes, longestFace = Infinity } = options;
  const { x0, y0, x1, y1 } = wholePixels(widenBox(box, margin), picture);
  const scale = Math.min(1, longestFace / Math.max(boxWidth(box), boxHeight(box)));
  const shrunk = (from: number, to: number) =>
    stretch(from, to, Math.max(1, Math.round((to - from) * scale)));
  const face = rgbPart(picture, shrunk(x0, x1), shrunk(y0, y1));
  return sizes.map((size) => toSquare(face, size));
}

function toSquare(picture: Picture, size: number): Picture {
  const longest = Math.max(picture.width, picture.height);
  const resize = longest > mostBilinearShrink * size ? resizeArea : resizeLinear;
  return resize(picture, size, size);
}

function wholePixels(box: Box, { width, height }: { width: number; height: number }): Box {
  const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));
  const x0 = clamp(roundHalfEven(box.x0), 0, width - 1);
  const y0 = clamp(roundHalfEven(box.y0), 0, height - 1);
  return {
    x0,
    y0,
    x1: clamp(roundHalfEven(box.x1), x0 + 1, width),
    y1: clamp(roundHalfEven(box.y1), y0 + 1, height),
  };
}
