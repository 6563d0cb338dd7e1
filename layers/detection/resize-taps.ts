import { roundHalfEven } from './rounding.ts';

/** For each output pixel of one axis the source pixels it is made of and their weights. */
export interface Taps {
  first: Int32Array;
  count: Int32Array;
  /**
   * `most` weights an output pixel, those beyond `count` 0. They add up to 1 and `most` is a multiple of 4 in `areaTaps`; else
   * they are whole and add up to 2048.
   */
  weights: Float32Array | Int32Array;
  most: number;
}

/** `count` pixels, each of `step` source pixels; the first begins at `start`, and none reaches beyond `end`. */
export interface Stretch {
  start: number;
  step: number;
  count: number;
  end: number;
}

/** As OpenCV does, a pixel that is covered by less than this is left out. */
const leastCover = 1e-3;

/** What OpenCV's whole weights of two taps add up to. */
const weightOne = 2048;

/** Bilinear with half-pixel centres, from `from` pixels to `to`. */
export function linearTaps(from: number, to: number): Taps {
  return twoTaps(from, to, (i) => {
    const centre = (i + 0.5) * (from / to) - 0.5;
    return { first: Math.floor(centre), rest: centre - Math.floor(centre) };
  });
}

/** What OpenCV does for INTER_AREA as soon as one side grows: steps with short ramps between them. */
export function steppedTaps(from: number, to: number): Taps {
  return twoTaps(from, to, (i) => {
    const first = Math.floor((i * from) / to);
    const rest = i + 1 - (first + 1) * (to / from);
    return { first, rest: rest <= 0 ? 0 : rest - Math.floor(rest) };
  });
}

/** The pixels from `from` up to `to` as `count` pixels. */
export function stretch(from: number, to: number, count: number): Stretch {
  return { start: from, step: (to - from) / count, count, end: to };
}

/** Mean over the source pixels that each output pixel covers. */
export function areaTaps({ start, step, count, end }: Stretch): Taps {
  const most = Math.ceil((Math.ceil(step) + 1) / 4) * 4;
  const weights = new Float32Array(count * most);
  const taps = { first: new Int32Array(count), count: new Int32Array(count), weights, most };
  for (let i = 0; i < count; i += 1) {
    const from = start + i * step;
    const to = Math.min(end, from + step);
    const left = Math.floor(from + leastCover);
    const right = Math.ceil(to - leastCover);
    taps.first[i] = left;
    taps.count[i] = right - left;
    for (let k = 0; k < right - left; k += 1) {
      const inside = left + k >= from && left + k + 1 <= to;
      const covered = inside ? 1 : Math.min(to, left + k + 1) - Math.max(from, left + k);
      weights[i * most + k] = covered / (to - from);
    }
  }
  return taps;
}

/** Beyond the edge both taps are the pixel at the edge. */
function twoTaps(from: number, to: number, place: (i: number) => { first: number; rest: number }): Taps {
  const weights = new Int32Array(to * 2);
  const taps = { first: new Int32Array(to), count: new Int32Array(to), weights, most: 2 };
  const clamp = (pixel: number) => Math.min(from - 1, Math.max(0, pixel));
  for (let i = 0; i < to; i += 1) {
    const { first, rest } = place(i);
    taps.first[i] = clamp(first);
    taps.count[i] = clamp(first + 1) - clamp(first) + 1;
    weights[2 * i] = roundHalfEven((1 - rest) * weightOne);
    weights[2 * i + 1] = roundHalfEven(rest * weightOne);
  }
  return taps;
}
