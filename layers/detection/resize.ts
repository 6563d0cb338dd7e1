import { areaTaps, linearTaps, steppedTaps, type Taps } from './resize-taps.ts';

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

// Sums of weights such as 0.1 miss a half by less than this where OpenCV hits it.
const hair = 1e-6;

export function wholePicture(picture: { width: number; height: number }): PixelRect {
  return { x0: 0, y0: 0, x1: picture.width, y1: picture.height };
}

/** Bilinear, half-pixel centres, no smoothing when it shrinks: OpenCV's INTER_LINEAR. */
export function resizeLinear(source: Picture, rect: PixelRect, width: number, height: number): Picture {
  const across = linearTaps(rect.x1 - rect.x0, width);
  const down = linearTaps(rect.y1 - rect.y0, height);
  return interpolate(source, { x: rect.x0, y: rect.y0 }, across, down);
}

/** Mean over the area each output pixel covers: OpenCV's INTER_AREA, also where one side or both grow. */
export function resizeArea(source: Picture, rect: PixelRect, width: number, height: number): Picture {
  const from = { width: rect.x1 - rect.x0, height: rect.y1 - rect.y0 };
  const origin = { x: rect.x0, y: rect.y0 };
  if (from.width < width || from.height < height) {
    return interpolate(source, origin, steppedTaps(from.width, width), steppedTaps(from.height, height));
  }
  const taps = (length: number, to: number) => areaTaps({ length, scale: length / to, first: 0, end: to });
  return resample(source, origin, taps(from.width, width), taps(from.height, height));
}

/** The part `rect` of what `source` becomes when each pixel of the result is the mean of `scale` x `scale` (over 1). */
export function shrunkPart(source: Picture, scale: number, rect: PixelRect): Picture {
  const across = areaTaps({ length: source.width, scale, first: rect.x0, end: rect.x1 });
  const down = areaTaps({ length: source.height, scale, first: rect.y0, end: rect.y1 });
  return resample(source, { x: 0, y: 0 }, across, down);
}

/**
 * Two taps an axis, in OpenCV's whole numbers: their weights, and a sum that drops the bits below a quarter. The bias of
 * that is small, but the classifier was trained with it.
 */
function interpolate(source: Picture, origin: { x: number; y: number }, across: Taps, down: Taps): Picture {
  const width = across.first.length;
  const height = down.first.length;
  const data = new Uint8Array(width * height * 3);
  const rows = createRowInterpolator(source, origin.x, across);
  let upper = rows.empty();
  let lower = rows.empty();
  for (let y = 0; y < height; y += 1) {
    const first = origin.y + down.first[y]!;
    if (first === lower.y) {
      [upper, lower] = [lower, upper];
    }
    rows.fill(upper, first);
    rows.fill(lower, first + down.count[y]! - 1);
    const weight0 = down.weights[2 * y]!;
    const weight1 = down.weights[2 * y + 1]!;
    const [above, below] = [upper.sums, lower.sums];
    const start = y * width * 3;
    for (let i = 0; i < above.length; i += 1) {
      const sum = ((weight0 * (above[i]! >> 4)) >> 16) + ((weight1 * (below[i]! >> 4)) >> 16);
      data[start + i] = (sum + 2) >> 2;
    }
  }
  return { width, height, data };
}

/** Row `y` of the source, interpolated across. */
interface InterpolatedRow {
  y: number;
  sums: Int32Array;
}

function createRowInterpolator(source: Picture, x0: number, across: Taps) {
  const { data, width } = source;
  const { first, count, weights } = across;
  return {
    empty: (): InterpolatedRow => ({ y: -1, sums: new Int32Array(first.length * 3) }),
    fill(row: InterpolatedRow, y: number): void {
      if (row.y === y) {
        return;
      }
      row.y = y;
      const { sums } = row;
      for (let x = 0; x < first.length; x += 1) {
        const left = (y * width + x0 + first[x]!) * 3;
        const right = left + (count[x]! - 1) * 3;
        const weight0 = weights[2 * x]!;
        const weight1 = weights[2 * x + 1]!;
        sums[3 * x] = data[left]! * weight0 + data[right]! * weight1;
        sums[3 * x + 1] = data[left + 1]! * weight0 + data[right + 1]! * weight1;
        sums[3 * x + 2] = data[left + 2]! * weight0 + data[right + 2]! * weight1;
      }
    },
  };
}

function resample(source: Picture, origin: { x: number; y: number }, across: Taps, down: Taps): Picture {
  const width = across.first.length;
  const height = down.first.length;
  const data = new Uint8Array(width * height * 3);
  const start = across.first[0]!;
  const end = across.first[width - 1]! + across.count[width - 1]!;
  const rows = createRowAdder(source, (origin.x + start) * 3, (end - start) * 3);
  for (let y = 0; y < height; y += 1) {
    shrinkRow(rows.add(origin.y, down, y), across, start, data, y * width * 3);
  }
  return { width, height, data };
}

interface RowAdder {
  /** The weighted sum of the source rows from which row `y` of the result is made. */
  add(top: number, down: Taps, y: number): Float64Array;
}

/** Adds up rows, of which `length` bytes from `offset` on are used. */
function createRowAdder(source: Picture, offset: number, length: number): RowAdder {
  const { data } = source;
  const stride = source.width * 3;
  const sum = new Float64Array(length);
  const addEqualRows =
    stride % 4 === 0 && data.byteOffset % 4 === 0 ? createLaneAdder(data, offset, sum) : undefined;
  return {
    add(top, down, y) {
      const count = down.count[y]!;
      const first = (top + down.first[y]!) * stride + offset;
      if (count <= 4) {
        addFewRows(data, { first, stride, count }, down.weights.subarray(y * down.most), sum);
        return sum;
      }
      sum.fill(0);
      let tap = 0;
      while (tap < count) {
        const weight = down.weights[y * down.most + tap]!;
        const equal = equalWeights(down, y, tap);
        if (addEqualRows && equal > 1) {
          addEqualRows(top + down.first[y]! + tap, equal, weight, stride);
          tap += equal;
        } else {
          const start = first + tap * stride;
          for (let i = 0; i < length; i += 1) {
            sum[i] = sum[i]! + weight * data[start + i]!;
          }
          tap += 1;
        }
      }
      return sum;
    },
  };
}

/** Up to four rows in one pass; a weight of 0 stands for each that there is not. */
function addFewRows(
  data: Uint8Array,
  rows: { first: number; stride: number; count: number },
  weights: Float64Array,
  sum: Float64Array,
): void {
  const { first, stride, count } = rows;
  const start1 = count > 1 ? first + stride : first;
  const start2 = count > 2 ? first + 2 * stride : first;
  const start3 = count > 3 ? first + 3 * stride : first;
  const weight0 = weights[0]!;
  const weight1 = count > 1 ? weights[1]! : 0;
  const weight2 = count > 2 ? weights[2]! : 0;
  const weight3 = count > 3 ? weights[3]! : 0;
  for (let i = 0; i < sum.length; i += 1) {
    sum[i] =
      weight0 * data[first + i]! +
      weight1 * data[start1 + i]! +
      weight2 * data[start2 + i]! +
      weight3 * data[start3 + i]!;
  }
}

/** How many rows from `tap` on have one weight; their sums of bytes must fit 16 bits. */
function equalWeights(down: Taps, y: number, tap: number): number {
  const first = y * down.most + tap;
  const end = y * down.most + Math.min(down.count[y]!, tap + 256);
  let at = first;
  while (at < end && down.weights[at] === down.weights[first]) {
    at += 1;
  }
  return at - first;
}

/**
 * Adds rows of one weight four bytes at a time, each byte in 16 bits of a word. A frame of high definition has six
 * million bytes, and taking them one by one is what the whole face search would spend its time on.
 */
function createLaneAdder(data: Uint8Array, offset: number, sum: Float64Array) {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length >> 2);
  const skew = offset % 4;
  const count = Math.ceil((skew + sum.length) / 4);
  const even = new Uint32Array(count);
  const odd = new Uint32Array(count);
  const lanes = new Uint16Array(even.buffer);
  const oddLanes = new Uint16Array(odd.buffer);
  return (row: number, rows: number, weight: number, stride: number) => {
    even.fill(0);
    odd.fill(0);
    for (let k = 0; k < rows; k += 1) {
      const start = ((row + k) * stride + offset - skew) >> 2;
      for (let i = 0; i < count; i += 1) {
        const word = words[start + i]!;
        even[i] = even[i]! + (word & 0xff00ff);
        odd[i] = odd[i]! + ((word >>> 8) & 0xff00ff);
      }
    }
    for (let i = 0; i < sum.length; i += 1) {
      const byte = i + skew;
      sum[i] = sum[i]! + weight * ((byte & 1) === 0 ? lanes[byte >> 1]! : oddLanes[byte >> 1]!);
    }
  };
}

function shrinkRow(row: Float64Array, across: Taps, origin: number, out: Uint8Array, start: number): void {
  const { first, count, weights, most } = across;
  for (let x = 0; x < first.length; x += 1) {
    let at = (first[x]! - origin) * 3;
    let red = 0;
    let green = 0;
    let blue = 0;
    const end = x * most + count[x]!;
    for (let tap = x * most; tap < end; tap += 1) {
      const weight = weights[tap]!;
      red += weight * row[at]!;
      green += weight * row[at + 1]!;
      blue += weight * row[at + 2]!;
      at += 3;
    }
    out[start + 3 * x] = toByte(red);
    out[start + 3 * x + 1] = toByte(green);
    out[start + 3 * x + 2] = toByte(blue);
  }
}

/** Rounds, halves to the even one, with a branch that processors foresee: whether to round up they cannot. */
function toByte(value: number): number {
  const nearest = Math.floor(value + 0.5 + hair);
  return nearest - value > 0.5 - hair ? nearest - (nearest & 1) : nearest;
}
