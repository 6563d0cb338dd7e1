import { expect, test } from 'vitest';
import { cropFace } from '../../../layers/detection/crop.ts';
import { largestDifference, readFace, readGolden, toYuv } from './support.ts';

const face = toYuv(await readFace());
const { crops, parts, large_face: largeFace } = await readGolden();

test.for(crops)("the crop of $box is training's", ({ box, size, rgb }) => {
  // Prepare
  const [x0, y0, x1, y1] = box;

  // Act
  const [crop, half] = cropFace(
    face,
    { x0, y0, x1, y1 },
    {
      margin: 0.125,
      views: [size, size / 2].map((size) => ({ size, mirrored: false })),
    },
  );

  // Assess
  expect([crop?.width, crop?.height]).toEqual([size, size]);
  expect(largestDifference(crop!.data, rgb)).toBeLessThanOrEqual(1);
  expect([half?.width, half?.height]).toEqual([size / 2, size / 2]);
});

test.for(parts)("part $part of the crop of $box is training's", ({ box, part, size, rgb }) => {
  // Prepare
  const [x0, y0, x1, y1] = box;

  // Act
  const options = { margin: 0.125, views: [{ size, mirrored: false, part }] };
  const [crop] = cropFace(face, { x0, y0, x1, y1 }, options);

  // Assess
  expect([crop?.width, crop?.height]).toEqual([size, size]);
  expect(largestDifference(crop!.data, rgb)).toBeLessThanOrEqual(1);
});

test('a large face is first shrunk, as for training', () => {
  // Prepare
  const { box, size, from, to, rgb } = largeFace;
  const [x0, y0, x1, y1] = box;

  // Act
  const options = { margin: 0.125, views: [{ size, mirrored: false }], longestFace: 200 };
  const [crop] = cropFace(face, { x0, y0, x1, y1 }, options);

  // Assess: training brings colours into gamut before it shrinks them
  const rows = Array.from({ length: to - from }, (_, i) => (from + i) * size);
  const middle = rows.flatMap((row) => Array.from(crop!.data.subarray((row + from) * 3, (row + to) * 3)));
  expect(largestDifference(middle, rgb)).toBeLessThanOrEqual(6);
  const differences = middle.map((value, i) => Math.abs(value - rgb[i]!));
  expect(differences.reduce((sum, value) => sum + value) / rgb.length).toBeLessThan(0.25);
});
