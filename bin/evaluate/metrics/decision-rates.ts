import type { VerdictLabel } from '../../../layers/detection/types.ts';

export interface DecidedClip {
  fake: boolean;
  verdict: VerdictLabel;
}

export interface DecisionRates {
  /** Share of the clips with the right verdict; an undetermined clip is not right. */
  accuracy: number | null;
  /** Share of the real clips that are called fake. */
  falsePositiveRate: number | null;
  /** Share of the fake clips that are called real. */
  falseNegativeRate: number | null;
  /** How many of the clips are called neither. */
  undetermined: number;
}

/** How often the verdicts are right and wrong. A rate over no clips is null. */
export function decisionRates(clips: readonly DecidedClip[]): DecisionRates {
  const fakes = clips.filter(({ fake }) => fake);
  const reals = clips.filter(({ fake }) => !fake);
  return {
    accuracy: share(clips, ({ fake, verdict }) => verdict === (fake ? 'fake' : 'real')),
    falsePositiveRate: share(reals, ({ verdict }) => verdict === 'fake'),
    falseNegativeRate: share(fakes, ({ verdict }) => verdict === 'real'),
    undetermined: clips.filter(({ verdict }) => verdict === 'undetermined').length,
  };
}

function share(clips: readonly DecidedClip[], isCounted: (clip: DecidedClip) => boolean): number | null {
  return clips.length === 0 ? null : clips.filter(isCounted).length / clips.length;
}
