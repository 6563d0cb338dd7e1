import { kernels, openScratch } from './kernels.ts';
import { areaTaps, linearTaps, steppedTaps, stretch, type Taps } from './resize-taps.ts';

/** An RGB picture, 8 bits a channel, row-major, `data.length === width * height * 3`. */
export interface Picture {
  width: number;
  height: number;
  data: Uint8Array;
}

/** Bilinear, half-pixel centres, no smoothing when it shrinks: OpenCV's INTER_LINEAR. */
export function resizeLinear(source: Picture, width: number, height: number): Picture {
  return interpolate(source, linearTaps(source.width, width), linearTaps(source.height, height));
}

/** Mean over the area each output pixel covers: OpenCV's INTER_AREA, also where one side or both grow. */
export function resizeArea(source: Picture, width: number, height: number): Picture {
  if (source.width < width || source.height < height) {
    return interpolate(source, steppedTaps(source.width, width), steppedTaps(source.height, height));
  }
  const scratch = openScratch();
  const across = areaTaps(stretch(0, source.width, width));
  const down = areaTaps(stretch(0, source.height, height));
  const values = width * height * 3;
  const means = scratch.room(values * 4);
  const sums = scratch.room((source.width * 3 + across.most) * 4);
  const taps = [scratch.putTaps(across), scratch.putTaps(down)] as const;
  kernels.average(scratch.put(source.data), source.width * 3, 3, ...taps, sums, means);
  const out = scratch.room(values);
  kernels.round(means, values, out);
  return { width, height, data: scratch.bytes(out, values) };
}

function interpolate(source: Picture, across: Taps, down: Taps): Picture {
  const width = across.first.length;
  const height = down.first.length;
  const scratch = openScratch();
  const [upper, lower] = [scratch.room(width * 3 * 4), scratch.room(width * 3 * 4)];
  const out = scratch.room(width * height * 3);
  const taps = [scratch.putTaps(across), scratch.putTaps(down)] as const;
  kernels.interpolate(scratch.put(source.data), source.width * 3, ...taps, upper, lower, out);
  return { width, height, data: scratch.bytes(out, width * height * 3) };
}
