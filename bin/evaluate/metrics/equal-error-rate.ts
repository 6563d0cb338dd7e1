import type { ScoredClip } from './scored-clip.ts';

/**
 * The error rate at the threshold where as many reals are called fake as fakes real, read off the ROC curve with straight
 * lines between its points. Null unless there are fakes and reals.
 */
export function equalErrorRate(clips: readonly ScoredClip[]): number | null {
  const fakes = clips.filter((clip) => clip.fake).length;
  const reals = clips.length - fakes;
  if (fakes === 0 || reals === 0) return null;

  const sorted = clips.toSorted((a, b) => b.score - a.score);
  let falsePositives = 0;
  let misses = 1;
  for (let start = 0; start < sorted.length; ) {
    const before = { falsePositives, misses };
    const score = sorted[start]?.score;
    for (; start < sorted.length && sorted[start]?.score === score; start++) {
      if (sorted[start]?.fake) misses -= 1 / fakes;
      else falsePositives += 1 / reals;
    }
    if (falsePositives >= misses) {
      const gapBefore = before.misses - before.falsePositives;
      const gapAfter = misses - falsePositives;
      const share = gapBefore / (gapBefore - gapAfter);
      return before.falsePositives + share * (falsePositives - before.falsePositives);
    }
  }
  return 1; // only rounding leads here: at the last score every real is called fake and no fake is missed
}
