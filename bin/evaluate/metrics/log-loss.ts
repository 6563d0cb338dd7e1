import type { ScoredClip } from './scored-clip.ts';

// A score of exactly 0 or 1 that is wrong would make the mean infinite.
const SMALLEST_PROBABILITY = 2 ** -52;

/** Mean negative log-likelihood (natural logarithm) of the truth under the scores. Null without clips. */
export function logLoss(clips: readonly ScoredClip[]): number | null {
  if (clips.length === 0) return null;
  const sum = clips.reduce((total, { fake, score }) => {
    const ofTruth = fake ? score : 1 - score;
    return total - Math.log(Math.min(1 - SMALLEST_PROBABILITY, Math.max(SMALLEST_PROBABILITY, ofTruth)));
  }, 0);
  return sum / clips.length;
}
