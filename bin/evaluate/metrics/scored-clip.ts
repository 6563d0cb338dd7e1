/** A clip whose truth is known and that got a score. */
export interface ScoredClip {
  fake: boolean;
  /** P(fake), 0..1. */
  score: number;
}
