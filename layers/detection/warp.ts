import { type Picture, resizeArea } from './resize.ts';

/** A square cut out of a picture, possibly turned. Pixel centres lie at halves. */
export interface TurnedSquare {
  centre: { x: number; y: number };
  /** Length of a side in pixels of the picture. */
  side: number;
  /** Radians from the picture's x axis to that of the square, clockwise on the screen. */
  angle: number;
}

// A bilinear sample sees two pixels a side: what shrinks more is averaged first, down to this many source pixels a
// sample.
const stepAfterAveraging = 1.5;
const largestStep = 2;

/** A point of the square (0..size on both axes) in pixels of the picture. */
export function toPicture(
  square: TurnedSquare,
  size: number,
  x: number,
  y: number,
): { x: number; y: number } {
  const step = square.side / size;
  const dx = (x - size / 2) * step;
  const dy = (y - size / 2) * step;
  const cos = Math.cos(square.angle);
  const sin = Math.sin(square.angle);
  return { x: square.centre.x + cos * dx - sin * dy, y: square.centre.y + sin * dx + cos * dy };
}

/**
 * Cut the square out and scale it to `size` x `size`, bilinear; beyond the picture its edge is continued.
 *
 * @returns RGB values 0..255, row-major, rounded as in an 8-bit picture.
 */
export function warpSquare(picture: Picture, square: TurnedSquare, size: number): Float32Array {
  const { source, place } = averageDown(picture, square, size);
  const out = new Float32Array(size * size * 3);
  const step = place.side / size;
  const cos = Math.cos(place.angle) * step;
  const sin = Math.sin(place.angle) * step;
  const middle = (size - 1) / 2;
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const x = place.centre.x + cos * (column - middle) - sin * (row - middle) - 0.5;
      const y = place.centre.y + sin * (column - middle) + cos * (row - middle) - 0.5;
      sampleBilinear(source, x, y, out, (row * size + column) * 3);
    }
  }
  return out;
}

/** The picture as it is, or the part around the square averaged down, and where the square lies on it. */
function averageDown(
  picture: Picture,
  square: TurnedSquare,
  size: number,
): { source: Picture; place: TurnedSquare } {
  const step = square.side / size;
  if (step <= largestStep) {
    return { source: picture, place: square };
  }
  const reach =
    (square.side / 2) * (Math.abs(Math.cos(square.angle)) + Math.abs(Math.sin(square.angle))) + 2 * step;
  const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value));
  const rect = {
    x0: clamp(Math.floor(square.centre.x - reach), picture.width - 1),
    y0: clamp(Math.floor(square.centre.y - reach), picture.height - 1),
    x1: clamp(Math.ceil(square.centre.x + reach), picture.width),
    y1: clamp(Math.ceil(square.centre.y + reach), picture.height),
  };
  rect.x1 = Math.max(rect.x1, rect.x0 + 1);
  rect.y1 = Math.max(rect.y1, rect.y0 + 1);
  const factor = stepAfterAveraging / step;
  const width = Math.max(1, Math.round((rect.x1 - rect.x0) * factor));
  const height = Math.max(1, Math.round((rect.y1 - rect.y0) * factor));
  const source = resizeArea(picture, rect, width, height);
  const centre = {
    x: (square.centre.x - rect.x0) * (width / (rect.x1 - rect.x0)),
    y: (square.centre.y - rect.y0) * (height / (rect.y1 - rect.y0)),
  };
  return { source, place: { centre, side: square.side * factor, angle: square.angle } };
}

function sampleBilinear(source: Picture, x: number, y: number, out: Float32Array, at: number): void {
  const { width, height, data } = source;
  const left = Math.floor(x);
  const top = Math.floor(y);
  const right = x - left;
  const bottom = y - top;
  const column0 = Math.min(width - 1, Math.max(0, left)) * 3;
  const column1 = Math.min(width - 1, Math.max(0, left + 1)) * 3;
  const row0 = Math.min(height - 1, Math.max(0, top)) * width * 3;
  const row1 = Math.min(height - 1, Math.max(0, top + 1)) * width * 3;
  for (let channel = 0; channel < 3; channel += 1) {
    const upper = data[row0 + column0 + channel]! * (1 - right) + data[row0 + column1 + channel]! * right;
    const lower = data[row1 + column0 + channel]! * (1 - right) + data[row1 + column1 + channel]! * right;
    out[at + channel] = Math.round(upper * (1 - bottom) + lower * bottom);
  }
}
