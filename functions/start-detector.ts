import { createDetector } from '../layers/detection/index.ts';
import type { Detector } from '../layers/detection/types.ts';
import type { Environment } from './environment.ts';
import { loadDetector } from './load-detector.ts';

/**
 * The detector of a Lambda function. Waits for its models, so that a process that is kept warm or resumed from a
 * snapshot has them; when they cannot be loaded, it is the requests that are told.
 */
export async function startDetector(
  env: Pick<Environment, 'MODELS_DIR' | 'FFMPEG_PATH' | 'FRAMES_SAMPLED' | 'MAX_UPLOAD_BYTES'>,
): Promise<() => Promise<Detector>> {
  const detector = loadDetector(() =>
    createDetector({
      modelsDir: env.MODELS_DIR,
      ffmpegPath: env.FFMPEG_PATH,
      framesSampled: env.FRAMES_SAMPLED,
      limits: { maxBytes: env.MAX_UPLOAD_BYTES },
    }),
  );
  await detector().catch(() => undefined);
  return detector;
}
