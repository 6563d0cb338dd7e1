import type { ScoredClip } from './scored-clip.ts';

/**
 * Expected calibration error: the clips are sorted into `bins` score ranges of equal width, and the distance between mean
 * score and share of fakes is averaged over the ranges, weighted by their clips (Naeini et al., AAAI 2015; in the form
 * for a probability of one class). Null without clips.
 */
export function expectedCalibrationError(clips: readonly ScoredClip[], bins = 10): number | null {
  if (clips.length === 0) return null;
  const byBin = Map.groupBy(clips, ({ score }) => Math.min(bins - 1, Math.floor(score * bins)));
  let error = 0;
  for (const members of byBin.values()) {
    const scoreSum = members.reduce((sum, { score }) => sum + score, 0);
    const fakes = members.filter(({ fake }) => fake).length;
    error += Math.abs(scoreSum - fakes);
  }
  return error / clips.length;
}
