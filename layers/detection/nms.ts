import { iou } from './box.ts';
import type { Box } from './types.ts';

/** Greedy non-maximum suppression: what is kept of `candidates`, best first. */
export function suppressOverlaps<T extends { box: Box; confidence: number }>(
  candidates: readonly T[],
  maxIou: number,
): T[] {
  const kept: T[] = [];
  for (const candidate of candidates.toSorted((a, b) => b.confidence - a.confidence)) {
    if (kept.every((other) => iou(candidate.box, other.box) <= maxIou)) {
      kept.push(candidate);
    }
  }
  return kept;
}
