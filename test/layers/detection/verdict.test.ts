import { expect, test } from 'vitest';
import type { FaceTrack } from '../../../layers/detection/types.ts';
import { decide } from '../../../layers/detection/verdict.ts';

const threshold = {
  operatingPoint: 'balanced' as const,
  fakeFrom: 0.7,
  realBelow: 0.4,
  expectedFalsePositiveRate: null,
};
const track = (score: number): FaceTrack => ({
  track: 1,
  score,
  frames: 8,
  firstS: 0,
  lastS: 1,
  box: { x0: 0, y0: 0, x1: 50, y1: 50 },
});

test.for([
  { score: 0.7, label: 'fake', reasons: [] },
  { score: 0.699, label: 'undetermined', reasons: ['low_confidence'] },
  { score: 0.4, label: 'undetermined', reasons: ['low_confidence'] },
  { score: 0.399, label: 'real', reasons: [] },
])('a score of $score is $label', ({ score, label, reasons }) => {
  const verdict = decide({ tracks: [track(score)], facesScored: 8, facesTooSmall: 0 }, threshold);

  expect(verdict).toEqual({ label, score, reasons });
});

test('the clip is as suspicious as its most suspicious face', () => {
  const verdict = decide({ tracks: [track(0.9), track(0.1)], facesScored: 16, facesTooSmall: 0 }, threshold);

  expect(verdict.label).toBe('fake');
});

test.for([
  { facesScored: 0, facesTooSmall: 0, reason: 'no_face' },
  { facesScored: 0, facesTooSmall: 9, reason: 'face_too_small' },
  { facesScored: 3, facesTooSmall: 9, reason: 'too_few_frames' },
])('without a face to judge nothing is real: $reason', ({ reason, ...counts }) => {
  const verdict = decide({ tracks: [], ...counts }, threshold);

  expect(verdict).toEqual({ label: 'undetermined', score: null, reasons: [reason] });
});
