import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createDetector } from '../../layers/detection/index.ts';
import { createS3Store } from '../../layers/storage/s3-store.ts';
import { readEnvironment } from '../environment.ts';
import { loadDetector } from '../load-detector.ts';
import { createLog, createMetrics } from '../powertools.ts';
import { createProcessUploadHandler } from './process-upload.ts';

const env = readEnvironment([
  'BUCKET_NAME',
  'MAX_UPLOAD_BYTES',
  'UPLOAD_EXPIRES_S',
  'MODELS_DIR',
  'FFMPEG_PATH',
  'FRAMES_SAMPLED',
  'OPERATING_POINT',
  'TEMP_DIR',
  'WEBHOOK_URL',
  'WEBHOOK_SECRET_ARN',
]);
const metrics = createMetrics('process-upload');
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

export const handler = createProcessUploadHandler({
  detector,
  store: createS3Store({
    bucket: env.BUCKET_NAME,
    maxUploadBytes: env.MAX_UPLOAD_BYTES,
    uploadExpiresS: env.UPLOAD_EXPIRES_S,
  }),
  config: { operatingPoint: env.OPERATING_POINT, tempDir: env.TEMP_DIR },
  log: createLog('process-upload'),
  metrics,
  ...(env.WEBHOOK_URL && { webhook: { url: env.WEBHOOK_URL, secret: readSecret } }),
});

async function readSecret(): Promise<string> {
  const client = new SecretsManagerClient();
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: env.WEBHOOK_SECRET_ARN }));
  if (!SecretString) throw new Error('The webhook secret is empty.');
  return SecretString;
}
