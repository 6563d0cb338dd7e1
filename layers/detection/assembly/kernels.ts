// AssemblyScript, not TypeScript: what is done to every pixel, many at a time where it can be. `npm run kernels` compiles it to
// kernels.wasm, which ../kernels.ts loads. Addresses, lengths and strides are in bytes, all else in pixels.

const bytesOfVector: usize = 16;

/** Taps of an axis, as `putTaps` lays them out: for each output pixel the first source pixel, their number, their weights. */
@unmanaged
class Taps {
  count: i32;
  most: i32;
  first: usize;
  counts: usize;
  weights: usize;

  firstOf(i: i32): i32 {
    return load<i32>(this.first + ((<usize>i) << 2));
  }
  countOf(i: i32): i32 {
    return load<i32>(this.counts + ((<usize>i) << 2));
  }
  weightsOf(i: i32): usize {
    return this.weights + ((<usize>(i * this.most)) << 2);
  }
}

/**
 * Weighted means of rectangles of a picture.
 *
 * @param source bytes of a picture with `channels` bytes a pixel and `stride` bytes a row; 15 bytes after it may be read
 * @param sums room for a row of floats and for `across.most` more, or 15
 * @param out floats
 */
export function average(
  source: usize,
  stride: usize,
  channels: i32,
  across: Taps,
  down: Taps,
  sums: usize,
  out: usize,
): void {
  const last = across.count - 1;
  const left = across.firstOf(0);
  const used = (across.firstOf(last) + across.countOf(last) - left) * channels;
  // What lies beyond the row has a weight of 0, but it must be a number.
  memory.fill(sums, 0, <usize>(used + across.most) * 4);
  for (let y = 0; y < down.count; y += 1) {
    const rows = source + <usize>down.firstOf(y) * stride + <usize>(left * channels);
    addRows(rows, stride, down.countOf(y), down.weightsOf(y), used, sums);
    out = channels == 1 ? addBytes(sums, left, across, out) : addPixels(sums, left, channels, across, out);
  }
}

function addRows(rows: usize, stride: usize, count: i32, weights: usize, used: i32, sums: usize): void {
  for (let x: usize = 0; x < <usize>used; x += bytesOfVector) {
    let sum0 = f32x4.splat(0);
    let sum1 = f32x4.splat(0);
    let sum2 = f32x4.splat(0);
    let sum3 = f32x4.splat(0);
    let at = rows + x;
    for (let row = 0; row < count; row += 1) {
      const weight = v128.load32_splat(weights + ((<usize>row) << 2));
      const bytes = v128.load(at);
      const low = i16x8.extend_low_i8x16_u(bytes);
      const high = i16x8.extend_high_i8x16_u(bytes);
      sum0 = f32x4.add(sum0, f32x4.mul(weight, f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(low))));
      sum1 = f32x4.add(sum1, f32x4.mul(weight, f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(low))));
      sum2 = f32x4.add(sum2, f32x4.mul(weight, f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(high))));
      sum3 = f32x4.add(sum3, f32x4.mul(weight, f32x4.convert_i32x4_u(i32x4.extend_high_i16x8_u(high))));
      at += stride;
    }
    const to = sums + (x << 2);
    v128.store(to, sum0);
    v128.store(to, sum1, 16);
    v128.store(to, sum2, 32);
    v128.store(to, sum3, 48);
  }
}

function addBytes(sums: usize, left: i32, across: Taps, out: usize): usize {
  const row = sums - ((<usize>left) << 2);
  let x = 0;
  for (; x + 4 <= across.count; x += 4) {
    const sum0 = partialSums(row, across, x);
    const sum1 = partialSums(row, across, x + 1);
    const sum2 = partialSums(row, across, x + 2);
    const sum3 = partialSums(row, across, x + 3);
    const sums01 = f32x4.add(
      v128.shuffle<f32>(sum0, sum1, 0, 4, 1, 5),
      v128.shuffle<f32>(sum0, sum1, 2, 6, 3, 7),
    );
    const sums23 = f32x4.add(
      v128.shuffle<f32>(sum2, sum3, 0, 4, 1, 5),
      v128.shuffle<f32>(sum2, sum3, 2, 6, 3, 7),
    );
    const low = v128.shuffle<f32>(sums01, sums23, 0, 1, 4, 5);
    const high = v128.shuffle<f32>(sums01, sums23, 2, 3, 6, 7);
    v128.store(out, f32x4.add(low, high));
    out += 16;
  }
  for (; x < across.count; x += 1) {
    const sums = partialSums(row, across, x);
    const low = f32x4.extract_lane(sums, 0) + f32x4.extract_lane(sums, 2);
    store<f32>(out, low + (f32x4.extract_lane(sums, 1) + f32x4.extract_lane(sums, 3)));
    out += 4;
  }
  return out;
}

/** Four sums that add up to output pixel x. */
function partialSums(row: usize, across: Taps, x: i32): v128 {
  let at = row + ((<usize>across.firstOf(x)) << 2);
  let weights = across.weightsOf(x);
  let sum = f32x4.mul(v128.load(weights), v128.load(at));
  for (let tap = 4; tap < across.most; tap += 4) {
    weights += 16;
    at += 16;
    sum = f32x4.add(sum, f32x4.mul(v128.load(weights), v128.load(at)));
  }
  return sum;
}

function addPixels(sums: usize, left: i32, channels: i32, across: Taps, out: usize): usize {
  const step = (<usize>channels) << 2;
  for (let x = 0; x < across.count; x += 1) {
    const pixel = sums + <usize>(across.firstOf(x) - left) * step;
    const count = across.countOf(x);
    const weights = across.weightsOf(x);
    for (let channel: usize = 0; channel < step; channel += 4) {
      let sum: f32 = 0;
      let at = pixel + channel;
      for (let tap = 0; tap < count; tap += 1) {
        sum += load<f32>(weights + ((<usize>tap) << 2)) * load<f32>(at);
        at += step;
      }
      store<f32>(out, sum);
      out += 4;
    }
  }
  return out;
}

/** Floats 0..255 to bytes, halves to the even one. `count` of them, a vector's worth at a time. */
export function round(from: usize, count: i32, out: usize): void {
  for (let i: usize = 0; i < <usize>count; i += 4) {
    v128.store32_lane(out + i, bytesOf(v128.load(from + (i << 2))), 0);
  }
}

/** Four floats as bytes in the lowest four places. */
function bytesOf(floats: v128): v128 {
  return narrowed(i32x4.trunc_sat_f32x4_s(f32x4.nearest(floats)));
}

/** Four words as bytes in the lowest four places, the nearest that there are. */
function narrowed(words: v128): v128 {
  const halves = i16x8.narrow_i32x4_s(words, words);
  return i8x16.narrow_i16x8_u(halves, halves);
}

/**
 * Floats Y, U and V of limited range to RGB, as dark as ffmpeg makes it, which drops what is behind the point of each product:
 * the classifier was trained with that.
 *
 * @param out 3 bytes a pixel; 13 bytes after them may be written
 */
export function toRgb(
  y: usize,
  u: usize,
  v: usize,
  pixels: i32,
  redOfV: f32,
  greenOfU: f32,
  greenOfV: f32,
  blueOfU: f32,
  out: usize,
): void {
  const black = f32x4.splat(16);
  const neutral = f32x4.splat(128);
  const scale = f32x4.splat(255.0 / 219.0);
  const lost = f32x4.splat(1);
  const lostOfGreen = f32x4.splat(1.5);
  for (let i: usize = 0; i < <usize>pixels; i += 4) {
    const at = i << 2;
    const grey = f32x4.mul(f32x4.sub(v128.load(y + at), black), scale);
    const blueness = f32x4.sub(v128.load(u + at), neutral);
    const redness = f32x4.sub(v128.load(v + at), neutral);
    const green = f32x4.add(
      f32x4.mul(f32x4.splat(greenOfU), blueness),
      f32x4.mul(f32x4.splat(greenOfV), redness),
    );
    const r = bytesOf(f32x4.sub(f32x4.add(grey, f32x4.mul(f32x4.splat(redOfV), redness)), lost));
    const g = bytesOf(f32x4.sub(f32x4.add(grey, green), lostOfGreen));
    const b = bytesOf(f32x4.sub(f32x4.add(grey, f32x4.mul(f32x4.splat(blueOfU), blueness)), lost));
    const rg = i8x16.shuffle(r, g, 0, 16, 0, 1, 17, 1, 2, 18, 2, 3, 19, 3, 0, 0, 0, 0);
    const rgb = i8x16.shuffle(rg, b, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 0, 0, 0, 0);
    v128.store(out + i * 3, rgb);
  }
}

/**
 * OpenCV's bilinear resize of bytes, three a pixel: whole weights, and a sum that drops the bits below a quarter.
 *
 * @param across, down two taps a pixel, whose weights are whole and add up to 2048
 * @param upper, lower room for a row of the result in 32-bit words, and 3 words more
 */
export function interpolate(
  source: usize,
  stride: usize,
  across: Taps,
  down: Taps,
  upper: usize,
  lower: usize,
  out: usize,
): void {
  const values = across.count * 3;
  let upperRow = -1;
  let lowerRow = -1;
  for (let y = 0; y < down.count; y += 1) {
    const first = down.firstOf(y);
    const second = first + down.countOf(y) - 1;
    if (first == lowerRow) {
      const row = upper;
      upper = lower;
      lower = row;
      lowerRow = upperRow;
      upperRow = first;
    }
    if (first != upperRow) {
      interpolateRow(source + <usize>first * stride, across, upper);
      upperRow = first;
    }
    if (second != lowerRow) {
      interpolateRow(source + <usize>second * stride, across, lower);
      lowerRow = second;
    }
    const weight0 = v128.load32_splat(down.weightsOf(y));
    const weight1 = v128.load32_splat(down.weightsOf(y), 4);
    for (let i: usize = 0; i < <usize>values; i += 4) {
      const above = i32x4.mul(weight0, i32x4.shr_s(v128.load(upper + (i << 2)), 4));
      const below = i32x4.mul(weight1, i32x4.shr_s(v128.load(lower + (i << 2)), 4));
      const sum = i32x4.add(i32x4.shr_s(above, 16), i32x4.shr_s(below, 16));
      v128.store32_lane(out + i, narrowed(i32x4.shr_s(i32x4.add(sum, i32x4.splat(2)), 2)), 0);
    }
    out += values;
  }
}

function interpolateRow(row: usize, across: Taps, out: usize): void {
  for (let x = 0; x < across.count; x += 1) {
    const left = row + <usize>(across.firstOf(x) * 3);
    const right = left + <usize>((across.countOf(x) - 1) * 3);
    const weights = across.weightsOf(x);
    const weight0 = load<i32>(weights);
    const weight1 = load<i32>(weights, 4);
    store<i32>(out, weight0 * load<u8>(left) + weight1 * load<u8>(right));
    store<i32>(out, weight0 * load<u8>(left, 1) + weight1 * load<u8>(right, 1), 4);
    store<i32>(out, weight0 * load<u8>(left, 2) + weight1 * load<u8>(right, 2), 8);
    out += 12;
  }
}

/**
 * Samples of a picture, bilinear, on a grid of `size` x `size`; beyond the picture its edge is continued. Each is rounded as
 * in an 8-bit picture, then times `factor` plus `summand`.
 *
 * @param source bytes, three a pixel; one byte after them may be read
 * @param xx, xy, x0, yx, yy, y0 from a place on the grid to the pixels of the picture, centres at whole numbers
 * @param out three floats a sample; one after them may be written
 */
export function sample(
  source: usize,
  width: i32,
  height: i32,
  xx: f64,
  xy: f64,
  x0: f64,
  yx: f64,
  yy: f64,
  y0: f64,
  size: i32,
  factor: f32,
  summand: f32,
  out: usize,
): void {
  const half = f32x4.splat(0.5);
  const factors = f32x4.splat(factor);
  const summands = f32x4.splat(summand);
  const stride = <usize>(width * 3);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const x = xx * column + xy * row + x0;
      const y = yx * column + yy * row + y0;
      const left = <i32>floor(x);
      const top = <i32>floor(y);
      const right = f32x4.splat(<f32>(x - left));
      const bottom = f32x4.splat(<f32>(y - top));
      const column0 = <usize>(min(width - 1, max(0, left)) * 3);
      const column1 = <usize>(min(width - 1, max(0, left + 1)) * 3);
      const row0 = source + <usize>min(height - 1, max(0, top)) * stride;
      const row1 = source + <usize>min(height - 1, max(0, top + 1)) * stride;
      const upper = between(pixel(row0 + column0), pixel(row0 + column1), right);
      const lower = between(pixel(row1 + column0), pixel(row1 + column1), right);
      const value = f32x4.floor(f32x4.add(between(upper, lower, bottom), half));
      v128.store(out, f32x4.add(f32x4.mul(value, factors), summands));
      out += 12;
    }
  }
}

function pixel(at: usize): v128 {
  const bytes = v128.load32_zero(at);
  return f32x4.convert_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(bytes)));
}

function between(a: v128, b: v128, share: v128): v128 {
  return f32x4.add(a, f32x4.mul(f32x4.sub(b, a), share));
}

/**
 * One channel of a row of pixels as floats, each times `factor` plus `summand`.
 *
 * @param source bytes
 * @param sourceStep, outStep from a pixel to the next, in bytes
 */
export function normalise(
  source: usize,
  sourceStep: i32,
  pixels: i32,
  factor: f32,
  summand: f32,
  outStep: i32,
  out: usize,
): void {
  for (let i = 0; i < pixels; i += 1) {
    store<f32>(out, <f32>load<u8>(source) * factor + summand);
    source += sourceStep;
    out += outStep;
  }
}
