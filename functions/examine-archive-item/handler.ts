import { createDetector } from '../../layers/detection/index.ts';
import { createArchiveStore } from '../../layers/storage/archive-store.ts';
import { readEnvironment } from '../environment.ts';
import { loadDetector } from '../load-detector.ts';
import { createLog, createMetrics } from '../powertools.ts';
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

const detector = loadDetector(() =>
  createDetector({
    modelsDir: env.MODELS_DIR,
    ffmpegPath: env.FFMPEG_PATH,
    framesSampled: env.FRAMES_SAMPLED,
    limits: { maxBytes: env.MAX_UPLOAD_BYTES },
  }),
);
// A process that is kept warm or resumed from a snapshot has its models from then on. A failure answers the requests.
await detector().catch(() => undefined);

export const handler = createExamineArchiveItemHandler({
  detector,
  store: createArchiveStore({ bucket: env.BUCKET_NAME, maxClipBytes: env.MAX_UPLOAD_BYTES }),
  config: { operatingPoint: env.OPERATING_POINT, tempDir: env.TEMP_DIR },
  log: createLog('examine-archive-item'),
  metrics,
});
