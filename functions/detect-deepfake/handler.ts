import { createS3Store } from '../../layers/storage/s3-store.ts';
import { readEnvironment } from '../environment.ts';
import { createLog, createMetrics } from '../powertools.ts';
import { startDetector } from '../start-detector.ts';
import { createDetectDeepfakeHandler } from './detect-deepfake.ts';

const env = readEnvironment([
  'BUCKET_NAME',
  'MAX_UPLOAD_BYTES',
  'UPLOAD_EXPIRES_S',
  'MAX_REQUEST_CLIP_BYTES',
  'GATEWAY_TIMEOUT_MS',
  'CORS_ORIGINS',
  'MODELS_DIR',
  'FFMPEG_PATH',
  'FRAMES_SAMPLED',
  'OPERATING_POINT',
  'TEMP_DIR',
]);
const metrics = createMetrics('detect-deepfake');
metrics.captureColdStartMetric();

export const handler = createDetectDeepfakeHandler({
  detector: await startDetector(env),
  store: createS3Store({
    bucket: env.BUCKET_NAME,
    maxUploadBytes: env.MAX_UPLOAD_BYTES,
    uploadExpiresS: env.UPLOAD_EXPIRES_S,
  }),
  config: {
    maxClipBytes: env.MAX_REQUEST_CLIP_BYTES,
    operatingPoint: env.OPERATING_POINT,
    tempDir: env.TEMP_DIR,
    gatewayTimeoutMs: env.GATEWAY_TIMEOUT_MS,
  },
  log: createLog('detect-deepfake'),
  metrics,
  corsOrigins: env.CORS_ORIGINS,
});
