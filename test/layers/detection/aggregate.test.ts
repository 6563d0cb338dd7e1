import { expect, test } from 'vitest';
import { aggregateFrames, aggregateTracks, type ScoredFace } from '../../../layers/detection/aggregate.ts';

const plain = { scale: 1, bias: 0 };
const scored = (track: number, timeS: number, raw: number): ScoredFace => ({
  track,
  timeS,
  raw,
  box: { x0: timeS, y0: 0, x1: timeS + 50, y1: 60 },
});

test("a short track's score is the mean over its crops, and the most suspicious comes first", () => {
  // Prepare
  const calm = [0, 1, 2, 3].map((t) => scored(1, t, 0.1));
  const suspicious = [0, 1, 2, 3].map((t) => scored(2, t, t === 0 ? 0.5 : 0.9));

  // Act
  const tracks = aggregateTracks([...calm, ...suspicious], 4, plain);

  // Assess
  expect(tracks.map(({ track }) => track)).toEqual([2, 1]);
  expect(tracks[0]!.score).toBeCloseTo(0.8, 6);
  expect(tracks[0]).toMatchObject({
    frames: 4,
    firstS: 0,
    lastS: 3,
    box: { x0: 1.5, y0: 0, x1: 51.5, y1: 60 },
  });
});

test('the most suspicious third in a row decides', () => {
  // Prepare
  const raws = [0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.7, 0.8, 0.1, 0.6, 0.7, 0.1, 0.1, 0.1];

  // Act
  const [track] = aggregateTracks(
    raws.map((raw, t) => scored(1, t, raw)),
    raws.length,
    plain,
  );

  // Assess: from the first 0.7 to the second
  expect(track!.score).toBeCloseTo((0.7 + 0.8 + 0.1 + 0.6 + 0.7) / 5, 6);
  expect(track!.frames).toBe(15);
});

test('of a track that is seen only for a while, as many crops decide as of one that is seen throughout', () => {
  // Prepare
  const raws = [0.1, 0.9, 0.9, 0.9, 0.9, 0.1, 0.3];
  const crops = raws.map((raw, t) => scored(1, t, raw));

  // Act
  const [ofSeven] = aggregateTracks(crops, 7, plain);
  const [ofFifteen] = aggregateTracks(crops, 15, plain);
  const [ofSixty] = aggregateTracks(crops, 60, plain);

  // Assess: four, a third of fifteen, all
  expect(ofSeven!.score).toBeCloseTo(0.9, 6);
  expect(ofFifteen!.score).toBeCloseTo((4 * 0.9 + 0.1) / 5, 6);
  expect(ofSixty!.score).toBeCloseTo((4 * 0.9 + 0.1 + 0.1 + 0.3) / 7, 6);
});

test('a track of fewer than four crops does not count', () => {
  expect(
    aggregateTracks(
      [0, 1, 2].map((t) => scored(1, t, 0.99)),
      3,
      plain,
    ),
  ).toEqual([]);
});

test('scores are calibrated after the mean', () => {
  // Prepare
  const crops = [0.2, 0.4, 0.6, 0.8].map((raw, t) => scored(1, t, raw));

  // Act
  const [track] = aggregateTracks(crops, crops.length, { scale: 2, bias: -1 });

  // Assess: the mean 0.5 has the logit 0
  expect(track!.score).toBeCloseTo(1 / (1 + Math.exp(1)), 6);
});

test("a frame's score is that of its most suspicious face, and null without a face", () => {
  // Act
  const frames = aggregateFrames([scored(1, 0, 0.3), scored(2, 0, 0.7)], [0, 0.5], plain);

  // Assess
  expect(frames.map(({ timeS, score, faces }) => [timeS, score?.toFixed(6) ?? null, faces.length])).toEqual([
    [0, '0.700000', 2],
    [0.5, null, 0],
  ]);
});
