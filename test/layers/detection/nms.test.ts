import { expect, test } from 'vitest';
import { suppressOverlaps } from '../../../layers/detection/nms.ts';

const square = (x0: number, confidence: number) => ({ box: { x0, y0: 0, x1: x0 + 10, y1: 10 }, confidence });

test('of boxes that overlap only the most certain stays', () => {
  // Prepare: the first and the second share 8 of 12 columns, the third is apart
  const candidates = [square(0, 0.7), square(2, 0.9), square(40, 0.6)];

  // Act
  const kept = suppressOverlaps(candidates, 0.3);

  // Assess
  expect(kept.map(({ confidence }) => confidence)).toEqual([0.9, 0.6]);
});

test('boxes that overlap less than allowed both stay', () => {
  expect(suppressOverlaps([square(0, 0.7), square(8, 0.9)], 0.3)).toHaveLength(2);
});
