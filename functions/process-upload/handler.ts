import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createS3Store } from '../../layers/storage/s3-store.ts';
import { readEnvironment } from '../environment.ts';
import { createLog, createMetrics } from '../powertools.ts';
import { startDetector } from '../start-detector.ts';
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

export const handler = createProcessUploadHandler({
  detector: await startDetector(env),
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
