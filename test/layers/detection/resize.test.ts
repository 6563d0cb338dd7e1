import { expect, test } from 'vitest';
import { resizeArea, resizeLinear, shrunkPart } from '../../../layers/detection/resize.ts';
import { readFace, readGolden } from './support.ts';

const face = await readFace();
const { resizes } = await readGolden();

test.for(resizes)("$kind from $rect to $size is OpenCV's", ({ kind, rect, size, rgb }) => {
  // Prepare
  const [x0, y0, x1, y1] = rect as [number, number, number, number];
  const resize = kind === 'area' ? resizeArea : resizeLinear;

  // Act
  const { data } = resize(face, { x0, y0, x1, y1 }, ...size);

  // Assess
  expect(Array.from(data)).toEqual(rgb);
});

test('means over whole pixels are exact', () => {
  // Prepare
  const data = Uint8Array.from({ length: 8 * 4 * 3 }, (_, i) => (i * 37) % 256);
  const mean = (x: number, y: number, channel: number) => {
    let sum = 0;
    for (let k = 0; k < 4; k += 1) {
      sum += data[((2 * y + (k >> 1)) * 8 + 2 * x + (k & 1)) * 3 + channel]!;
    }
    return sum / 4;
  };

  // Act
  const small = resizeArea({ width: 8, height: 4, data }, { x0: 0, y0: 0, x1: 8, y1: 4 }, 4, 2);

  // Assess
  for (const [i, value] of small.data.entries()) {
    const pixel = Math.floor(i / 3);
    expect(Math.abs(value - mean(pixel % 4, Math.floor(pixel / 4), i % 3))).toBeLessThanOrEqual(0.5);
  }
});

test('rows whose bytes do not fall on whole words come out the same', () => {
  // Prepare: 513 pixels are no whole number of words
  const wide = new Uint8Array(513 * 512 * 3);
  for (let y = 0; y < 512; y += 1) {
    wide.set(face.data.subarray(y * 512 * 3, (y + 1) * 512 * 3), y * 513 * 3);
  }
  const rect = { x0: 101, y0: 30, x1: 301, y1: 230 };

  // Act
  const aligned = resizeArea(face, rect, 20, 20);
  const unaligned = resizeArea({ width: 513, height: 512, data: wide }, rect, 20, 20);

  // Assess
  expect(unaligned.data).toEqual(aligned.data);
});

test('a part of the shrunk picture is that part of the whole', () => {
  // Prepare
  const whole = resizeArea(face, { x0: 0, y0: 0, x1: 512, y1: 512 }, 160, 160);

  // Act
  const part = shrunkPart(face, 3.2, { x0: 50, y0: 20, x1: 90, y1: 60 });

  // Assess
  const row = (y: number) => whole.data.slice(((20 + y) * 160 + 50) * 3, ((20 + y) * 160 + 90) * 3);
  for (let y = 0; y < 40; y += 1) {
    expect(part.data.slice(y * 40 * 3, (y + 1) * 40 * 3)).toEqual(row(y));
  }
});
