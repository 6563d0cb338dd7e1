import { roundHalfEven } from './rounding.ts';

/** For each output pixel of one axis the source pixels it is made of and their weights. */
export interface Taps {
  first: Int32Array;
  count: Int32Array;
  /** `most` weights an output pixel, of which `count` are used. They add up to 1 in `areaTaps`, else to 2048. */
  weights: Float64Array;
  most: number;
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

/**
 * Mean over `scale` source pixels (1 or more) for each output pixel from `first` up to `end`.
 * @param length pixels of the source
 */
export function areaTaps(axis: { length: number; scale: number; first: number; end: number }): Taps {
  const { length, scale, first, end } = axis;
  const taps = emptyTaps(end - first, Math.ceil(scale) + 1);
  for (let i = 0; i < end - first; i += 1) {
    const from = (first + i) * scale;
    const to = Math.min(length, from + scale);
    const left = Math.floor(from + leastCover);
    const right = Math.min(length, Math.ceil(to - leastCover));
    taps.first[i] = left;
    taps.count[i] = right - left;
    for (let k = 0; k < right - left; k += 1) {
      const inside = left + k >= from && left + k + 1 <= to;
      const covered = inside ? 1 : Math.min(to, left + k + 1) - Math.max(from, left + k);
      taps.weights[i * taps.most + k] = covered / (to - from);
    }
  }
  return taps;
}

/** Beyond the edge both taps are the pixel at the edge. */
function twoTaps(from: number, to: number, place: (i: number) => { first: number; rest: number }): Taps {
  const taps = emptyTaps(to, 2);
  const clamp = (pixel: number) => Math.min(from - 1, Math.max(0, pixel));
  for (let i = 0; i < to; i += 1) {
    const { first, rest } = place(i);
    taps.first[i] = clamp(first);
    taps.count[i] = clamp(first + 1) - clamp(first) + 1;
    taps.weights[2 * i] = roundHalfEven((1 - rest) * weightOne);
    taps.weights[2 * i + 1] = roundHalfEven(rest * weightOne);
  }
  return taps;
}

function emptyTaps(to: number, most: number): Taps {
  return { first: new Int32Array(to), count: new Int32Array(to), weights: new Float64Array(to * most), most };
}
