import { roundHalfEven } from './rounding.ts';

/** An RGB picture, 8 bits a channel, row-major, `data.length === width * height * 3`. */
export interface Picture {
  width: number;
  height: number;
  data: Uint8Array;
}

/** A rectangle of whole pixels; x1 and y1 are exclusive. */
export interface PixelRect {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** For each output pixel of one axis the source pixels it is made of and their weights, which add up to 1. */
interface Taps {
  first: Int32Array;
  count: Int32Array;
  /** `most` weights an output pixel, of which `count` are used. */
  weights: Float32Array;
  most: number;
}

export function wholePicture(picture: { width: number; height: number }): PixelRect {
  return { x0: 0, y0: 0, x1: picture.width, y1: picture.height };
}

/** Bilinear, half-pixel centres, no smoothing when it shrinks: OpenCV's INTER_LINEAR. */
export function resizeLinear(source: Picture, rect: PixelRect, width: number, height: number): Picture {
  return resample(source, rect, linearTaps(rect.x1 - rect.x0, width), linearTaps(rect.y1 - rect.y0, height));
}

/** Mean over the area each output pixel covers: OpenCV's INTER_AREA, also where one side or both grow. */
export function resizeArea(source: Picture, rect: PixelRect, width: number, height: number): Picture {
  const from = { width: rect.x1 - rect.x0, height: rect.y1 - rect.y0 };
  const taps = from.width >= width && from.height >= height ? areaTaps : steppedTaps;
  return resample(source, rect, taps(from.width, width), taps(from.height, height));
}

function linearTaps(from: number, to: number): Taps {
  return twoTaps(from, to, (i) => {
    const centre = (i + 0.5) * (from / to) - 0.5;
    return { first: Math.floor(centre), rest: centre - Math.floor(centre) };
  });
}

/** What OpenCV does for INTER_AREA as soon as one side grows: steps with short ramps between them. */
function steppedTaps(from: number, to: number): Taps {
  return twoTaps(from, to, (i) => {
    const first = Math.floor((i * from) / to);
    const rest = i + 1 - (first + 1) * (to / from);
    return { first, rest: rest <= 0 ? 0 : rest - Math.floor(rest) };
  });
}

function twoTaps(from: number, to: number, place: (i: number) => { first: number; rest: number }): Taps {
  const taps = emptyTaps(to, 2);
  for (let i = 0; i < to; i += 1) {
    const { first, rest } = place(i);
    const inside = first >= 0 && first < from - 1;
    taps.first[i] = Math.min(from - 1, Math.max(0, first));
    taps.count[i] = inside && rest > 0 ? 2 : 1;
    taps.weights[2 * i] = inside ? 1 - rest : 1;
    taps.weights[2 * i + 1] = inside ? rest : 0;
  }
  return taps;
}

function areaTaps(from: number, to: number): Taps {
  const scale = from / to;
  const taps = emptyTaps(to, Math.ceil(scale) + 1);
  for (let i = 0; i < to; i += 1) {
    const start = i * scale;
    const end = Math.min(from, start + scale);
    const first = Math.floor(start + 1e-6);
    const last = Math.min(from, Math.ceil(end - 1e-6));
    taps.first[i] = first;
    taps.count[i] = last - first;
    for (let k = 0; k < last - first; k += 1) {
      const covered = Math.min(end, first + k + 1) - Math.max(start, first + k);
      taps.weights[i * taps.most + k] = covered / (end - start);
    }
  }
  return taps;
}

function emptyTaps(to: number, most: number): Taps {
  return { first: new Int32Array(to), count: new Int32Array(to), weights: new Float32Array(to * most), most };
}

function resample(source: Picture, rect: PixelRect, across: Taps, down: Taps): Picture {
  const width = across.first.length;
  const height = down.first.length;
  const data = new Uint8Array(width * height * 3);
  const sum = new Float32Array(width * 3);
  // Rows that shrink are added up as they come; where rows are used twice, as when growing, the last two are kept.
  const rows = new RowCache(source, rect, across);
  for (let y = 0; y < height; y += 1) {
    sum.fill(0);
    for (let k = 0; k < down.count[y]!; k += 1) {
      const row = rows.get(down.first[y]! + k);
      const weight = down.weights[y * down.most + k]!;
      for (let i = 0; i < sum.length; i += 1) {
        sum[i] = sum[i]! + weight * row[i]!;
      }
    }
    const start = y * width * 3;
    for (let i = 0; i < sum.length; i += 1) {
      data[start + i] = roundHalfEven(sum[i]!);
    }
  }
  return { width, height, data };
}

/** Rows of the source resampled across, of which the last two are remembered. */
class RowCache {
  readonly #source: Picture;
  readonly #rect: PixelRect;
  readonly #across: Taps;
  readonly #rows: [Float32Array, Float32Array];
  readonly #numbers: [number, number] = [-1, -1];

  constructor(source: Picture, rect: PixelRect, across: Taps) {
    this.#source = source;
    this.#rect = rect;
    this.#across = across;
    const values = across.first.length * 3;
    this.#rows = [new Float32Array(values), new Float32Array(values)];
  }

  get(y: number): Float32Array {
    const slot = y & 1;
    const row = this.#rows[slot]!;
    if (this.#numbers[slot] !== y) {
      this.#numbers[slot] = y;
      this.#fill(row, y);
    }
    return row;
  }

  #fill(row: Float32Array, y: number): void {
    const { data, width } = this.#source;
    const { first, count, weights, most } = this.#across;
    const start = ((this.#rect.y0 + y) * width + this.#rect.x0) * 3;
    for (let x = 0; x < first.length; x += 1) {
      let at = start + first[x]! * 3;
      let red = 0;
      let green = 0;
      let blue = 0;
      const end = x * most + count[x]!;
      for (let tap = x * most; tap < end; tap += 1) {
        const weight = weights[tap]!;
        red += weight * data[at]!;
        green += weight * data[at + 1]!;
        blue += weight * data[at + 2]!;
        at += 3;
      }
      row[3 * x] = red;
      row[3 * x + 1] = green;
      row[3 * x + 2] = blue;
    }
  }
}
