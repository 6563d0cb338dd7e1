import { expect, test } from 'vitest';
import { createShotCounter } from '../../../layers/detection/shots.ts';
import { readFace } from './support.ts';

const face = await readFace();

test('a cut begins a shot, and cutting back is recognised', () => {
  // Prepare
  const shotOf = createShotCounter();
  const brighter = { ...face, data: face.data.map((value) => Math.min(255, value + 8)) };
  const elsewhere = { ...face, data: new Uint8Array(face.data.length).fill(40) };

  // Act
  const shots = [face, brighter, elsewhere, elsewhere, face].map((picture) => shotOf(picture));

  // Assess
  expect(shots).toEqual([0, 0, 1, 1, 0]);
});
