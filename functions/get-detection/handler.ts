import { createS3Store } from '../../layers/storage/s3-store.ts';
import { readEnvironment } from '../environment.ts';
import { createLog } from '../powertools.ts';
import { createGetDetectionHandler } from './get-detection.ts';

const env = readEnvironment(['BUCKET_NAME', 'MAX_UPLOAD_BYTES', 'UPLOAD_EXPIRES_S', 'CORS_ORIGINS']);

export const handler = createGetDetectionHandler({
  store: createS3Store({
    bucket: env.BUCKET_NAME,
    maxUploadBytes: env.MAX_UPLOAD_BYTES,
    uploadExpiresS: env.UPLOAD_EXPIRES_S,
  }),
  log: createLog('get-detection'),
  corsOrigins: env.CORS_ORIGINS,
});
