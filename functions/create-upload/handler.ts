import { createS3Store } from '../../layers/storage/s3-store.ts';
import { readEnvironment } from '../environment.ts';
import { createLog } from '../powertools.ts';
import { createCreateUploadHandler } from './create-upload.ts';

const env = readEnvironment(['BUCKET_NAME', 'MAX_UPLOAD_BYTES', 'UPLOAD_EXPIRES_S', 'CORS_ORIGINS']);

export const handler = createCreateUploadHandler({
  store: createS3Store({
    bucket: env.BUCKET_NAME,
    maxUploadBytes: env.MAX_UPLOAD_BYTES,
    uploadExpiresS: env.UPLOAD_EXPIRES_S,
  }),
  log: createLog('create-upload'),
  corsOrigins: env.CORS_ORIGINS,
});
