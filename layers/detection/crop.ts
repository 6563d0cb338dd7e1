import { widenBox } from './box.ts';
import { type Picture, type PixelRect, resizeArea, resizeLinear } from './resize.ts';
import { roundHalfEven } from './rounding.ts';
import type { Box } from './types.ts';

// Where the longer side shrinks by more than this, bilinear sampling would skip pixels.
const mostBilinearShrink = 1.5;

/**
 * The face crop that the classifier sees: the same as in training (models/training/crops.py).
 *
 * @param picture RGB
 * @param box box of the landmarks in pixels of the picture
 * @param options.margin share of the box's width and height added on each side
 * @param options.size sides of the result in pixels; the crop is stretched to a square
 */
export function cropFace(picture: Picture, box: Box, options: { margin: number; size: number }): Picture {
  const { margin, size } = options;
  const rect = wholePixels(widenBox(box, margin), picture);
  const longest = Math.max(rect.x1 - rect.x0, rect.y1 - rect.y0);
  const resize = longest > mostBilinearShrink * size ? resizeArea : resizeLinear;
  return resize(picture, rect, size, size);
}

function wholePixels(box: Box, { width, height }: { width: number; height: number }): PixelRect {
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
