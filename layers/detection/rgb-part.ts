import { kernels, openScratch, type Scratch } from './kernels.ts';
import type { Picture } from './resize.ts';
import { areaTaps, type Stretch, type Taps } from './resize-taps.ts';
import type { ColourMatrix, YuvPicture } from './yuv.ts';

/** One byte a pixel, row-major. */
interface Plane {
  width: number;
  data: Uint8Array;
}

/** A part of a picture as RGB, each pixel the mean of all that it covers; two by two pixels share U and V. */
export function rgbPart(picture: YuvPicture, across: Stretch, down: Stretch): Picture {
  const [width, height] = [across.count, down.count];
  const scratch = openScratch();
  const [luma, u, v] = planesOf(picture);
  const y = means(scratch, luma, areaTaps(across), areaTaps(down));
  const taps = [areaTaps(half(across)), areaTaps(half(down))] as const;
  const blueness = means(scratch, u, ...taps);
  const redness = means(scratch, v, ...taps);
  const { redOfV, greenOfU, greenOfV, blueOfU } = steps(picture.matrix);
  const out = scratch.room(width * height * 3);
  kernels.toRgb(y, blueness, redness, width * height, redOfV, greenOfU, greenOfV, blueOfU, out);
  return { width, height, data: scratch.bytes(out, width * height * 3) };
}

function half({ start, step, count, end }: Stretch): Stretch {
  return { start: start / 2, step: step / 2, count, end: end / 2 };
}

/** @returns the address of the means, floats */
function means(scratch: Scratch, { width, data }: Plane, across: Taps, down: Taps): number {
  const firstRow = down.first[0]!;
  const endRow = down.first.at(-1)! + down.count.at(-1)!;
  const source = scratch.put(data.subarray(firstRow * width, endRow * width));
  const taps = [
    scratch.putTaps(across),
    scratch.putTaps({ ...down, first: down.first.map((row) => row - firstRow) }),
  ] as const;
  const sums = scratch.room((width + across.most) * 4);
  const out = scratch.room(across.first.length * down.first.length * 4);
  kernels.average(source, width, 1, ...taps, sums, out);
  return out;
}

function planesOf({ width, height, data }: YuvPicture): [y: Plane, u: Plane, v: Plane] {
  const across = Math.ceil(width / 2);
  const u = width * height;
  const v = u + across * Math.ceil(height / 2);
  return [
    { width, data: data.subarray(0, u) },
    { width: across, data: data.subarray(u, v) },
    { width: across, data: data.subarray(v) },
  ];
}

/** By how much a step of U or V changes R, G and B (ITU-R BT.601, 2.5). */
function steps({ red, blue }: ColourMatrix) {
  const scale = 255 / 224;
  const redOfV = 2 * (1 - red) * scale;
  const blueOfU = 2 * (1 - blue) * scale;
  const green = 1 - red - blue;
  return { redOfV, greenOfU: (-blueOfU * blue) / green, greenOfV: (-redOfV * red) / green, blueOfU };
}
