import { expect, test } from 'vitest';
import { createTracker } from '../../../layers/detection/track.ts';

const face = (x: number, y = 100, size = 100) => ({ x0: x, y0: y, x1: x + size, y1: y + size });

test('two people keep their tracks while they move, in whatever order they are found', () => {
  // Prepare
  const tracker = createTracker();

  // Act
  const first = tracker.assign([face(100), face(500)], 0);
  const second = tracker.assign([face(470), face(140)], 0);
  const third = tracker.assign([face(180), face(440)], 0);

  // Assess
  expect([first, second, third]).toEqual([
    [1, 2],
    [2, 1],
    [1, 2],
  ]);
});

test('a person who was missed for some frames goes on', () => {
  // Prepare
  const tracker = createTracker();
  tracker.assign([face(100), face(500)], 0);

  // Act
  tracker.assign([face(500)], 0);
  tracker.assign([], 0);

  // Assess
  expect(tracker.assign([face(120), face(510)], 0)).toEqual([1, 2]);
});

test('somebody new gets a track of their own', () => {
  // Prepare
  const tracker = createTracker();
  tracker.assign([face(100)], 0);

  // Act
  const numbers = tracker.assign([face(105), face(700)], 0);

  // Assess
  expect(numbers).toEqual([1, 2]);
});

test('a lone person is followed over a long way', () => {
  // Prepare
  const tracker = createTracker();
  tracker.assign([face(100)], 0);

  // Act and assess
  expect(tracker.assign([face(900)], 0)).toEqual([1]);
});

test('a face of another size at the same place is another', () => {
  // Prepare
  const tracker = createTracker();
  tracker.assign([face(100, 100, 100)], 0);

  // Act and assess
  expect(tracker.assign([face(50, 50, 200)], 0)).toEqual([2]);
});

test('another shot begins other tracks, and cutting back resumes the old ones', () => {
  // Prepare
  const tracker = createTracker();
  tracker.assign([face(100)], 0);

  // Act
  const other = tracker.assign([face(100)], 1);
  const back = tracker.assign([face(110)], 0);

  // Assess
  expect([other, back]).toEqual([[2], [1]]);
});
