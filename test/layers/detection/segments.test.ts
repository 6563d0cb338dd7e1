import { expect, test } from 'vitest';
import { findSegments } from '../../../layers/detection/segments.ts';

const frames = (scores: (number | null)[]) => scores.map((score, timeS) => ({ timeS, score, faces: [] }));
const clip = { start: -0.5, end: 7 };

test('a suspicious stretch reaches halfway to its neighbours', () => {
  const segments = findSegments(frames([0.1, 0.8, 0.9, 0.7, 0.2, 0.1]), 0.7, clip);

  expect(segments).toEqual([{ startS: 0.5, endS: 3.5, score: expect.closeTo(0.8, 6) }]);
});

test('stretches at the ends of the clip reach its ends', () => {
  const segments = findSegments(frames([0.9, 0.9, 0.1, null, 0.8, 0.8]), 0.7, clip);

  expect(segments.map(({ startS, endS }) => [startS, endS])).toEqual([
    [-0.5, 1.5],
    [3.5, 7],
  ]);
});

test('a single suspicious frame is noise', () => {
  expect(findSegments(frames([0.1, 0.9, 0.1, 0.9]), 0.7, clip)).toEqual([]);
});
