import { boxHeight, boxWidth, partOfBox, widenBox } from './box.ts';
import type { View } from './model-card.ts';
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
  /** What the crops show; each is stretched to a square. Mirroring is left to the classifier. */
  views: readonly View[];
  /** A face whose longer side has more pixels is shrunk to this first. */
  longestFace?: number | undefined;
}

/**
 * The crops of a face that the classifier sees: as in training (models/training, prepare.py and crops.py).
 *
 * @param box box of the landmarks in pixels of the picture
 * @returns one crop for each of `options.views`
 */
export function cropFace(picture: YuvPicture, box: Box, options: CropOptions): Picture[] {
  const { margin, views, longestFace = Infinity } = options;
  const widened = widenBox(box, margin);
  const whole = wholePixels(widened, picture);
  const scale = Math.min(1, longestFace / Math.max(boxWidth(box), boxHeight(box)));
  const shrunk = (from: number, to: number) =>
    stretch(from, to, Math.max(1, Math.round((to - from) * scale)));
  const face = rgbPart(picture, shrunk(whole.x0, whole.x1), shrunk(whole.y0, whole.y1));
  return views.map(({ size, part }) => {
    const shown = part ? cutOut(face, whole, wholePixels(partOfBox(widened, part), picture)) : face;
    return toSquare(shown, size);
  });
}

/** What `face`, a picture of `whole`, has of `part`. */
function cutOut(face: Picture, whole: Box, part: Box): Picture {
  const across = face.width / boxWidth(whole);
  const down = face.height / boxHeight(whole);
  const { x0, y0, x1, y1 } = wholePixels(
    {
      x0: (part.x0 - whole.x0) * across,
      y0: (part.y0 - whole.y0) * down,
      x1: (part.x1 - whole.x0) * across,
      y1: (part.y1 - whole.y0) * down,
    },
    face,
  );
  const width = x1 - x0;
  const data = new Uint8Array(width * (y1 - y0) * 3);
  for (let y = y0; y < y1; y += 1) {
    const row = (y * face.width + x0) * 3;
    data.set(face.data.subarray(row, row + width * 3), (y - y0) * width * 3);
  }
  return { width, height: y1 - y0, data };
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
