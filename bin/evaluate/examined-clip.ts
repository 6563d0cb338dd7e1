/** What became of one labelled clip. */
export interface ExaminedClip {
  file: string;
  fake: boolean;
  group: string;
  /** P(fake); null when no face was scored or the clip could not be examined. */
  score: number | null;
  /** Why the verdict is undetermined whatever the thresholds are; empty when the thresholds decide. */
  reasons: string[];
  /** Why the clip could not be examined. */
  error: string | null;
}
