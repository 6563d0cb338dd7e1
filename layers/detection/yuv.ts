import { kernels, openScratch, type Scratch } from './kernels.ts';
import type { Picture, PixelRect } from './resize.ts';
import { areaTaps, type Stretch, stretch } from './resize-taps.ts';

/** A picture as video holds it: YUV 4:2:0, 8 bits, limited range. */
export interface YuvPicture {
  width: number;
  height: number;
  /** The plane of Y, then those of U and V, whose sides are half as long, rounded up. */
  data: Uint8Array;
  matrix: ColourMatrix;
}

/** How much red and blue count in Y (ITU-T H.273, table 4). */
export interface ColourMatrix {
  red: number;
  blue: number;
}

export const bt601: ColourMatrix = { red: 0.299, blue: 0.114 };
const bt2020: ColourMatrix = { red: 0.2627, blue: 0.0593 };

/** By ffmpeg's names. */
export const colourMatrices: Readonly<Record<string, ColourMatrix>> = {
  bt709: { red: 0.2126, blue: 0.0722 },
  fcc: { red: 0.3, blue: 0.11 },
  bt470bg: bt601,
  smpte170m: bt601,
  smpte240m: { red: 0.212, blue: 0.087 },
  bt2020nc: bt2020,
  bt2020c: bt2020,
};

/** One byte a pixel, row-major. */
interface Plane {
  width: number;
  data: Uint8Array;
}

/** Bytes of a picture of this size. */
export function yuvBytes(width: number, height: number): number {
  return width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2);
}

/** A part of a picture as RGB; two by two pixels share U and V. */
export function rgbPart(picture: YuvPicture, { x0, y0, x1, y1 }: PixelRect): Picture {
  return shrunkRgbPart(picture, stretch(x0, x1, x1 - x0), stretch(y0, y1, y1 - y0));
}

/** A part of a picture as RGB, each pixel the mean of all that it covers. */
export function shrunkRgbPart(picture: YuvPicture, across: Stretch, down: Stretch): Picture {
  const [width, height] = [across.count, down.count];
  const scratch = openScratch();
  const [luma, u, v] = planesOf(picture);
  const y = means(scratch, luma, across, down);
  const blueness = means(scratch, u, half(across), half(down));
  const redness = means(scratch, v, half(across), half(down));
  const { redOfV, greenOfU, greenOfV, blueOfU } = steps(picture.matrix);
  const out = scratch.room(width * height * 3);
  kernels.toRgb(y, blueness, redness, width * height, redOfV, greenOfU, greenOfV, blueOfU, out);
  return { width, height, data: scratch.bytes(out, width * height * 3) };
}

function half({ start, step, count, end }: Stretch): Stretch {
  return { start: start / 2, step: step / 2, count, end: end / 2 };
}

/** @returns the address of the means, floats */
function means(scratch: Scratch, { width, data }: Plane, across: Stretch, down: Stretch): number {
  const columns = areaTaps(across);
  const rows = areaTaps(down);
  const firstRow = rows.first[0]!;
  const endRow = rows.first.at(-1)! + rows.count.at(-1)!;
  const source = scratch.put(data.subarray(firstRow * width, endRow * width));
  const taps = [
    scratch.putTaps(columns),
    scratch.putTaps({ ...rows, first: rows.first.map((row) => row - firstRow) }),
  ] as const;
  const sums = scratch.room((width + columns.most) * 4);
  const out = scratch.room(across.count * down.count * 4);
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
