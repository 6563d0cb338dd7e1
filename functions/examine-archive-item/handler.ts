import { createArchiveStore } from '../../layers/storage/archive-store.ts';
import { readEnvironment } from '../environment.ts';
import { createLog, createMetrics } from '../powertools.ts';
import { startDetector } from '../start-detector.ts';
import { createExamineArchiveItemHandler } from './examine-archive-item.ts';

const env = readEnvironment([
  'BUCKET_NAME',
  'MAX_UPLOAD_BYTES',
  'MODELS_DIR',
  'FFMPEG_PATH',
  'FRAMES_SAMPLED',
  'OPERATING_POINT',
  'TEMP_DIR',
]);
const metrics = createMetrics('examine-archive-item');
metrics.captureColdStartMetric();

export const handler = createExamineArchiveItemHandler({
  detector: await startDetector(env),
  store: createArchiveStore({ bucket: env.BUCKET_NAME, maxClipBytes: env.MAX_UPLOAD_BYTES }),
  config: { operatingPoint: env.OPERATING_POINT, tempDir: env.TEMP_DIR },
  log: createLog('examine-archive-item'),
  metrics,
});
