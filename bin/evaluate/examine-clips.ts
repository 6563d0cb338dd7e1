import { pMapIterable } from 'p-map';
import { DetectionError } from '../../layers/detection/errors.ts';
import type { Detector } from '../../layers/detection/index.ts';
import type { ExaminedClip } from './examined-clip.ts';
import type { LabelledClip } from './read-labels.ts';

/** Examine clips, `concurrency` at a time; a clip that cannot be examined says so in `error`. In the order given. */
export function examineClips(
  clips: readonly LabelledClip[],
  { detector, concurrency, signal }: { detector: Detector; concurrency: number; signal: AbortSignal },
): AsyncIterable<ExaminedClip> {
  return pMapIterable(clips, (clip) => examineClip(clip, detector, signal), { concurrency });
}

async function examineClip(
  { file, path, fake, group }: LabelledClip,
  detector: Detector,
  signal: AbortSignal,
): Promise<ExaminedClip> {
  try {
    const { score, reasons } = await detector.detect(path, { signal });
    // Low confidence depends on the thresholds, which are applied afterwards.
    const lasting = reasons.filter((reason) => reason !== 'low_confidence');
    return { file, fake, group, score, reasons: lasting, error: null };
  } catch (error) {
    if (!(error instanceof DetectionError) || error.code === 'model_unavailable') throw error;
    return { file, fake, group, score: null, reasons: [], error: `${error.code}: ${error.message}` };
  }
}
