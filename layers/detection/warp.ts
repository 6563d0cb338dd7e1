import { kernels, openScratch } from './kernels.ts';
import { rgbPart } from './rgb-part.ts';
import { roundHalfEven } from './rounding.ts';
import type { YuvPicture } from './yuv.ts';

/** A square cut out of a picture, possibly turned. */
export interface TurnedSquare {
  centre: { x: number; y: number };
  /** Length of a side in pixels of the picture. */
  side: number;
  /** Radians from the picture's x axis to that of the square, clockwise on the screen. */
  angle: number;
}

/** Maps points: x' = xx x + xy y + x0, y' = yx x + yy y + y0. Pixel centres lie at halves. */
export interface Affine {
  xx: number;
  xy: number;
  x0: number;
  yx: number;
  yy: number;
  y0: number;
}

// A bilinear sample sees two pixels a side. What shrinks by more than this is averaged first, so that a sample lies
// every 1.5 pixels.
const largestStep = 2;
const stepAfterAveraging = 1.5;

/** From points of the square, 0..size on both axes, to pixels of the picture. */
export function squareToPicture(square: TurnedSquare, size: number): Affine {
  const cos = (Math.cos(square.angle) * square.side) / size;
  const sin = (Math.sin(square.angle) * square.side) / size;
  const half = size / 2;
  return {
    ...{ xx: cos, xy: -sin, x0: square.centre.x - (cos - sin) * half },
    ...{ yx: sin, yy: cos, y0: square.centre.y - (sin + cos) * half },
  };
}

/**
 * Cut the square out and scale it to `size` x `size`, bilinear; beyond the picture its edge is continued.
 *
 * @returns RGB values 0..255, row-major, rounded as in an 8-bit picture, then less `mean` and divided by `std`.
 */
export function warpSquare(
  picture: YuvPicture,
  square: TurnedSquare,
  { size, mean, std }: { size: number; mean: number; std: number },
): Float32Array {
  const step = square.side / size;
  const { part, x0, y0, ratioX, ratioY } = partAround(
    picture,
    square,
    step > largestStep ? step / stepAfterAveraging : 1,
  );
  const map = squareToPicture(square, size);
  const [xx, xy] = [map.xx * ratioX, map.xy * ratioX];
  const [yx, yy] = [map.yx * ratioY, map.yy * ratioY];
  // From centres at halves to centres at whole numbers.
  const atFirst = {
    x: map.x0 * ratioX - x0 + (xx + xy) / 2 - 0.5,
    y: map.y0 * ratioY - y0 + (yx + yy) / 2 - 0.5,
  };
  const scratch = openScratch();
  const source = scratch.put(part.data);
  const out = scratch.room(size * size * 3 * 4);
  kernels.sample(
    ...[source, part.width, part.height],
    ...[xx, xy, atFirst.x, yx, yy, atFirst.y],
    ...[size, 1 / std, -mean / std, out],
  );
  return scratch.floats(out, size * size * 3);
}

/** The part around the square of the picture shrunk by `scale`: where it begins, and the exact shrinkage per axis. */
function partAround(picture: YuvPicture, square: TurnedSquare, scale: number) {
  const reach = (square.side / 2) * (Math.abs(Math.cos(square.angle)) + Math.abs(Math.sin(square.angle)));
  const axis = (centre: number, length: number) => {
    const most = Math.max(1, roundHalfEven(length / scale));
    const first = Math.min(most - 1, Math.max(0, Math.floor((centre - reach) / scale) - 2));
    const end = Math.max(first + 1, Math.min(most, Math.ceil((centre + reach) / scale) + 2));
    const pixels = { start: first * scale, step: scale, count: end - first, end: length };
    return { first, ratio: most / length, pixels };
  };
  const across = axis(square.centre.x, picture.width);
  const down = axis(square.centre.y, picture.height);
  return {
    part: rgbPart(picture, across.pixels, down.pixels),
    ...{ x0: across.first, y0: down.first },
    ...{ ratioX: across.ratio, ratioY: down.ratio },
  };
}
