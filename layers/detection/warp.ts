import { type Picture, shrunkPart } from './resize.ts';
import { roundHalfEven } from './rounding.ts';

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
 * @returns RGB values 0..255, row-major, rounded as in an 8-bit picture.
 */
export function warpSquare(picture: Picture, square: TurnedSquare, size: number): Float32Array {
  const map = squareToPicture(square, size);
  const step = square.side / size;
  if (step <= largestStep) {
    return sample(picture, map, size);
  }
  const { part, x0, y0, ratioX, ratioY } = averageAround(picture, square, step / stepAfterAveraging);
  const onPart = {
    ...{ xx: map.xx * ratioX, xy: map.xy * ratioX, x0: map.x0 * ratioX - x0 },
    ...{ yx: map.yx * ratioY, yy: map.yy * ratioY, y0: map.y0 * ratioY - y0 },
  };
  return sample(part, onPart, size);
}

/** The part around the square of the picture shrunk by `scale`: where it begins, and the exact shrinkage per axis. */
function averageAround(picture: Picture, square: TurnedSquare, scale: number) {
  const width = Math.max(1, roundHalfEven(picture.width / scale));
  const height = Math.max(1, roundHalfEven(picture.height / scale));
  const reach = (square.side / 2) * (Math.abs(Math.cos(square.angle)) + Math.abs(Math.sin(square.angle)));
  const range = (centre: number, most: number) => {
    const first = Math.min(most - 1, Math.max(0, Math.floor((centre - reach) / scale) - 2));
    return { first, end: Math.max(first + 1, Math.min(most, Math.ceil((centre + reach) / scale) + 2)) };
  };
  const across = range(square.centre.x, width);
  const down = range(square.centre.y, height);
  const rect = { x0: across.first, y0: down.first, x1: across.end, y1: down.end };
  return {
    part: shrunkPart(picture, scale, rect),
    ...{ x0: rect.x0, y0: rect.y0 },
    ...{ ratioX: width / picture.width, ratioY: height / picture.height },
  };
}

function sample(source: Picture, map: Affine, size: number): Float32Array {
  const out = new Float32Array(size * size * 3);
  const { width, height, data } = source;
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const x = map.xx * (column + 0.5) + map.xy * (row + 0.5) + map.x0 - 0.5;
      const y = map.yx * (column + 0.5) + map.yy * (row + 0.5) + map.y0 - 0.5;
      const left = Math.floor(x);
      const top = Math.floor(y);
      const right = x - left;
      const bottom = y - top;
      const column0 = Math.min(width - 1, Math.max(0, left)) * 3;
      const column1 = Math.min(width - 1, Math.max(0, left + 1)) * 3;
      const row0 = Math.min(height - 1, Math.max(0, top)) * width * 3;
      const row1 = Math.min(height - 1, Math.max(0, top + 1)) * width * 3;
      const at = (row * size + column) * 3;
      for (let channel = 0; channel < 3; channel += 1) {
        const upper = data[row0 + column0 + channel]! * (1 - right) + data[row0 + column1 + channel]! * right;
        const lower = data[row1 + column0 + channel]! * (1 - right) + data[row1 + column1 + channel]! * right;
        // Math.round would take as long as all the rest.
        out[at + channel] = Math.floor(upper * (1 - bottom) + lower * bottom + 0.5);
      }
    }
  }
  return out;
}
