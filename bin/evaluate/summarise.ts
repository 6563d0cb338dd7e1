import type { OperatingPoint, VerdictLabel } from '../../layers/detection/types.ts';
import type { ExaminedClip } from './examined-clip.ts';
import { expectedCalibrationError } from './metrics/calibration-error.ts';
import { type DecisionRates, decisionRates } from './metrics/decision-rates.ts';
import { equalErrorRate } from './metrics/equal-error-rate.ts';
import { logLoss } from './metrics/log-loss.ts';
import { type AucInterval, rocAuc, rocAucInterval } from './metrics/roc-auc.ts';
import type { ScoredClip } from './metrics/scored-clip.ts';

export interface Thresholds {
  fakeFrom: number;
  realBelow: number;
}

export type OperatingPoints = Record<OperatingPoint, Thresholds>;

export interface Summary {
  /** Null for the total. */
  group: string | null;
  /** The clips of the group itself; `failed` could not be examined, `unscored` had no face to score. */
  clips: { fake: number; real: number; failed: number; unscored: number };
  /** True when a group of fakes alone is measured against all real clips of the file. */
  comparedWithAllReals: boolean;
  /** Over the clips with a score. */
  auc: number | null;
  aucInterval: AucInterval | null;
  equalErrorRate: number | null;
  logLoss: number | null;
  calibrationError: number | null;
  /** Over all clips that could be examined. */
  operatingPoints: Record<OperatingPoint, DecisionRates>;
}

/** The figures of each group, in the order they first appear, and of everything together. */
export function summarise(
  clips: readonly ExaminedClip[],
  points: OperatingPoints,
): { groups: Summary[]; total: Summary } {
  const byGroup = Map.groupBy(clips, ({ group }) => group);
  const isGrouped = byGroup.size > 1 || !byGroup.has('');
  const reals = clips.filter(({ fake }) => !fake);
  const groups = [...byGroup].map(([group, members]) => {
    const hasReals = members.some(({ fake }) => !fake);
    return summariseGroup(group, members, hasReals ? [] : reals, points);
  });
  return { groups: isGrouped ? groups : [], total: summariseGroup(null, clips, [], points) };
}

function summariseGroup(
  group: string | null,
  members: readonly ExaminedClip[],
  borrowedReals: readonly ExaminedClip[],
  points: OperatingPoints,
): Summary {
  const compared = [...members, ...borrowedReals].filter(({ error }) => error === null);
  const scored = compared.filter((clip): clip is ExaminedClip & ScoredClip => clip.score !== null);
  const rates = ({ fakeFrom, realBelow }: Thresholds) =>
    decisionRates(
      compared.map((clip) => ({ fake: clip.fake, verdict: toVerdict(clip, fakeFrom, realBelow) })),
    );
  return {
    group,
    clips: {
      fake: members.filter(({ fake }) => fake).length,
      real: members.filter(({ fake }) => !fake).length,
      failed: members.filter(({ error }) => error !== null).length,
      unscored: members.filter(({ error, score }) => error === null && score === null).length,
    },
    comparedWithAllReals: borrowedReals.length > 0,
    auc: rocAuc(scored),
    aucInterval: rocAucInterval(scored),
    equalErrorRate: equalErrorRate(scored),
    logLoss: logLoss(scored),
    calibrationError: expectedCalibrationError(scored),
    operatingPoints: {
      balanced: rates(points.balanced),
      strict: rates(points.strict),
      sensitive: rates(points.sensitive),
    },
  };
}

function toVerdict({ score, reasons }: ExaminedClip, fakeFrom: number, realBelow: number): VerdictLabel {
  if (score === null || reasons.length > 0) return 'undetermined';
  if (score >= fakeFrom) return 'fake';
  return score < realBelow ? 'real' : 'undetermined';
}
