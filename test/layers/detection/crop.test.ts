import { expect, test } from 'vitest';
import { cropFace } from '../../../layers/detection/crop.ts';
import { readFace, readGolden } from './support.ts';

const face = await readFace();
const { crops } = await readGolden();

test.for(crops)("the crop of $box is training's", ({ box, size, rgb }) => {
  // Prepare
  const [x0, y0, x1, y1] = box;

  // Act
  const crop = cropFace(face, { x0, y0, x1, y1 }, { margin: 0.125, size });

  // Assess
  expect([crop.width, crop.height]).toEqual([size, size]);
  expect(Array.from(crop.data)).toEqual(rgb);
});
