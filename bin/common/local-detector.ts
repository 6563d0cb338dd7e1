import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { findFfmpeg } from '../../layers/detection/ffmpeg.ts';
import { createDetector, type Detector } from '../../layers/detection/index.ts';
import { BadUsage } from './bad-usage.ts';

const environment = z.object({ FFMPEG_PATH: z.string().optional() });

/** The models that come with the project. */
export const bundledModels = fileURLToPath(new URL('../../models', import.meta.url));

/** The classifier that comes with the project. */
export const bundledClassifier = join(bundledModels, 'classifier');

/** The detector of the commands that examine clips on this machine. */
export function createLocalDetector(
  env: NodeJS.ProcessEnv,
  settings: { framesSampled: number; threads: number; classifierDir: string },
): Promise<Detector> {
  const parsed = environment.safeParse(env);
  if (!parsed.success) throw new BadUsage(z.prettifyError(parsed.error));
  return createDetector({
    modelsDir: bundledModels,
    ffmpegPath: findFfmpeg({ configured: parsed.data.FFMPEG_PATH }),
    ...settings,
  });
}
