import { createRandom } from './random.ts';
import type { ScoredClip } from './scored-clip.ts';

export interface AucInterval {
  low: number;
  high: number;
}

/**
 * Area under the ROC curve: the chance that a fake clip scores above a real one, a tie counting half
 * (the Mann-Whitney statistic; Hanley and McNeil, Radiology 1982). Null unless there are fakes and reals.
 */
export function rocAuc(clips: readonly ScoredClip[]): number | null {
  if (!hasBothClasses(clips)) return null;
  return weightedAuc(byScore(clips), Array<number>(clips.length).fill(1));
}

/**
 * The 95% bootstrap percentile interval of the AUC (Efron and Tibshirani 1993). Fakes and reals are resampled apart, so
 * that every resample keeps both; the same clips and seed give the same interval.
 */
export function rocAucInterval(
  clips: readonly ScoredClip[],
  { resamples = 2000, seed = 1 }: { resamples?: number; seed?: number } = {},
): AucInterval | null {
  if (!hasBothClasses(clips)) return null;
  const sorted = byScore(clips);
  const fakes = indicesOf(sorted, true);
  const reals = indicesOf(sorted, false);
  const random = createRandom(seed);

  const aucs = Float64Array.from({ length: resamples }, () => {
    const weights = Array<number>(sorted.length).fill(0);
    for (const stratum of [fakes, reals]) {
      for (let draw = 0; draw < stratum.length; draw++) {
        const index = stratum[Math.floor(random() * stratum.length)] as number;
        weights[index] = (weights[index] as number) + 1;
      }
    }
    return weightedAuc(sorted, weights);
  }).sort();
  return { low: quantile(aucs, 0.025), high: quantile(aucs, 0.975) };
}

/** The AUC of clips in ascending order of score, clip i counting `weights[i]` times. */
function weightedAuc(sorted: readonly ScoredClip[], weights: readonly number[]): number {
  let fakes = 0;
  let reals = 0;
  let fakesAboveReals = 0;
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    let tiedFakes = 0;
    let tiedReals = 0;
    for (; end < sorted.length && sorted[end]?.score === sorted[start]?.score; end++) {
      if (sorted[end]?.fake) tiedFakes += weights[end] as number;
      else tiedReals += weights[end] as number;
    }
    fakesAboveReals += tiedFakes * (reals + tiedReals / 2);
    fakes += tiedFakes;
    reals += tiedReals;
    start = end;
  }
  return fakesAboveReals / (fakes * reals);
}

/** The quantile by linear interpolation between order statistics, as numpy and R (type 7) have it. */
function quantile(sorted: Float64Array, share: number): number {
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  return below + (above - below) * (position - Math.floor(position));
}

function byScore(clips: readonly ScoredClip[]): ScoredClip[] {
  return clips.toSorted((a, b) => a.score - b.score);
}

function indicesOf(clips: readonly ScoredClip[], fake: boolean): number[] {
  return clips.flatMap((clip, index) => (clip.fake === fake ? [index] : []));
}

function hasBothClasses(clips: readonly ScoredClip[]): boolean {
  return clips.some((clip) => clip.fake) && clips.some((clip) => !clip.fake);
}
