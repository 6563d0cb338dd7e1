import { expect, test } from 'vitest';
import { resizeArea, resizeLinear } from '../../../layers/detection/resize.ts';
import { cut, largestDifference, readFace, readGolden } from './support.ts';

const face = await readFace();
const { resizes } = await readGolden();

test.for(resizes)("$kind from $rect to $size is OpenCV's", ({ kind, rect, size, rgb }) => {
  // Prepare
  const [x0, y0, x1, y1] = rect as [number, number, number, number];
  const part = cut(face, { x0, y0, x1, y1 });
  const resize = kind === 'area' ? resizeArea : resizeLinear;

  // Act
  const { data } = resize(part, ...size);

  // Assess: means that lie half-way between two whole numbers may be rounded either way
  expect(largestDifference(data, rgb)).toBeLessThanOrEqual(kind === 'area' ? 1 : 0);
  const differing = rgb.filter((value, i) => value !== data[i]).length;
  expect(differing / rgb.length).toBeLessThan(0.02);
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
  const small = resizeArea({ width: 8, height: 4, data }, 4, 2);

  // Assess
  for (const [i, value] of small.data.entries()) {
    const pixel = Math.floor(i / 3);
    expect(Math.abs(value - mean(pixel % 4, Math.floor(pixel / 4), i % 3))).toBeLessThanOrEqual(0.5);
  }
});
