import { describe, expect, it } from 'vitest';
import { expectedCalibrationError } from '../../../bin/evaluate/metrics/calibration-error.ts';
import { decisionRates } from '../../../bin/evaluate/metrics/decision-rates.ts';
import { equalErrorRate } from '../../../bin/evaluate/metrics/equal-error-rate.ts';
import { logLoss } from '../../../bin/evaluate/metrics/log-loss.ts';
import { rocAuc, rocAucInterval } from '../../../bin/evaluate/metrics/roc-auc.ts';
import type { ScoredClip } from '../../../bin/evaluate/metrics/scored-clip.ts';

// Expected values were computed with scikit-learn 1.9.1 from these scores: roc_auc_score, log_loss, roc_curve with
// scipy's brentq on the line between its points for the EER, and the bins of calibration_curve for the ECE.
const fakes = [
  0.73, 0.81, 0.64, 0.42, 0.58, 0.38, 0.75, 0.95, 0.57, 0.52, 0.85, 0.82, 0.76, 0.4, 0.72, 0.89, 0.27, 0.58,
  0.14, 0.28, 0.15, 0.66, 0.29, 0.8,
];
const reals = [0.32, 0.22, 0.01, 0.14, 0.25, 0.3, 0.04, 0.15, 0.08, 0.1, 0.64, 0.1, 0.26, 0.58, 0.13, 0.24];
const clips = makeClips(fakes, reals);

function makeClips(fakes: number[], reals: number[]): ScoredClip[] {
  return [
    ...fakes.map((score) => ({ fake: true, score })),
    ...reals.map((score) => ({ fake: false, score })),
  ];
}

describe('rocAuc', () => {
  it('agrees with scikit-learn on scores with ties', () => {
    expect(rocAuc(clips)).toBeCloseTo(0.88671875, 12);
  });

  it('is 1 for perfect order, 0 for its reverse and a half when all scores are equal', () => {
    expect(rocAuc(makeClips([0.9, 0.8], [0.2, 0.1]))).toBe(1);
    expect(rocAuc(makeClips([0.2, 0.1], [0.9, 0.8]))).toBe(0);
    expect(rocAuc(makeClips([0.5, 0.5], [0.5, 0.5, 0.5]))).toBe(0.5);
  });

  it('is null without fakes or without reals', () => {
    expect(rocAuc(makeClips([0.9], []))).toBeNull();
    expect(rocAucInterval(makeClips([], [0.1]))).toBeNull();
  });
});

describe('rocAucInterval', () => {
  it('agrees with a stratified bootstrap of 20,000 resamples by NumPy', () => {
    const interval = rocAucInterval(clips, { resamples: 20_000 });

    expect(interval?.low).toBeCloseTo(0.7708, 2);
    expect(interval?.high).toBeCloseTo(0.974, 2);
  });

  it('is the same for the same seed and another for another', () => {
    expect(rocAucInterval(clips, { seed: 5 })).toEqual(rocAucInterval(clips, { seed: 5 }));
    expect(rocAucInterval(clips, { seed: 5 })).not.toEqual(rocAucInterval(clips, { seed: 6 }));
  });
});

describe('equalErrorRate', () => {
  it('agrees with the ROC curve of scikit-learn', () => {
    expect(equalErrorRate(clips)).toBeCloseTo(0.2083333, 6);
  });

  it('is 0 for perfect order, 1 for its reverse and a half when all scores are equal', () => {
    expect(equalErrorRate(makeClips([0.9, 0.8], [0.2, 0.1]))).toBe(0);
    expect(equalErrorRate(makeClips([0.2, 0.1], [0.9, 0.8]))).toBe(1);
    expect(equalErrorRate(makeClips([0.5, 0.5], [0.5, 0.5]))).toBe(0.5);
  });
});

describe('logLoss', () => {
  it('agrees with scikit-learn', () => {
    expect(logLoss(clips)).toBeCloseTo(0.507770814020229, 12);
  });

  it('stays finite when a score of 0 or 1 is wrong', () => {
    expect(logLoss(makeClips([0], [1]))).toBeCloseTo(52 * Math.LN2, 6);
  });
});

describe('expectedCalibrationError', () => {
  it('agrees with the reliability diagram of ten bins', () => {
    expect(expectedCalibrationError(clips)).toBeCloseTo(0.1685, 10);
  });

  it('counts a score of exactly 1 in the last bin', () => {
    expect(expectedCalibrationError(makeClips([1, 0.95], []))).toBeCloseTo(0.025, 10);
  });
});

describe('decisionRates', () => {
  it('keeps undetermined clips apart from both kinds of error', () => {
    const rates = decisionRates([
      { fake: true, verdict: 'fake' },
      { fake: true, verdict: 'real' },
      { fake: true, verdict: 'undetermined' },
      { fake: true, verdict: 'fake' },
      { fake: false, verdict: 'real' },
      { fake: false, verdict: 'fake' },
      { fake: false, verdict: 'undetermined' },
      { fake: false, verdict: 'real' },
      { fake: false, verdict: 'real' },
    ]);

    expect(rates).toEqual({
      accuracy: 5 / 9,
      falsePositiveRate: 1 / 5,
      falseNegativeRate: 1 / 4,
      undetermined: 2,
    });
  });

  it('has no rate over no clips', () => {
    const rates = decisionRates([{ fake: true, verdict: 'fake' }]);

    expect(rates.falsePositiveRate).toBeNull();
    expect(rates.falseNegativeRate).toBe(0);
  });
});
