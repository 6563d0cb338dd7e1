import type { ClassifierCard } from './model-card.ts';
import type { FaceTrack, OperatingPoint, Threshold, UndeterminedReason, VerdictLabel } from './types.ts';

/** What the examination of a clip came to. */
export interface Evidence {
  /** Tracks with enough crops, the most suspicious first. */
  tracks: readonly FaceTrack[];
  facesScored: number;
  /** Faces that were too small to be scored. */
  facesTooSmall: number;
}

export interface Verdict {
  label: VerdictLabel;
  score: number | null;
  reasons: UndeterminedReason[];
}

/** The thresholds of an operating point, from the classifier's card. */
export function thresholdOf(card: ClassifierCard, operatingPoint: OperatingPoint): Threshold {
  const point = card.operating_points[operatingPoint];
  return {
    operatingPoint,
    fakeFrom: point.fake_from,
    realBelow: point.real_below,
    expectedFalsePositiveRate: point.expected_false_positive_rate,
  };
}

/**
 * The answer: the clip is as suspicious as its most suspicious face.
 *
 * Without a face that could be judged the answer is `undetermined`, never `real`.
 */
export function decide(evidence: Evidence, threshold: Threshold): Verdict {
  const [mostSuspicious] = evidence.tracks;
  if (!mostSuspicious) {
    return { label: 'undetermined', score: null, reasons: [reasonWithoutTrack(evidence)] };
  }
  const { score } = mostSuspicious;
  if (score >= threshold.fakeFrom) {
    return { label: 'fake', score, reasons: [] };
  }
  if (score < threshold.realBelow) {
    return { label: 'real', score, reasons: [] };
  }
  return { label: 'undetermined', score, reasons: ['low_confidence'] };
}

function reasonWithoutTrack({ facesScored, facesTooSmall }: Evidence): UndeterminedReason {
  if (facesScored > 0) {
    return 'too_few_frames';
  }
  return facesTooSmall > 0 ? 'face_too_small' : 'no_face';
}
