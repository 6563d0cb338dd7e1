import { readEnvironment } from '../environment.ts';
import { createLog } from '../powertools.ts';
import { createGetHealthHandler } from './get-health.ts';

const env = readEnvironment(['CORS_ORIGINS']);

export const handler = createGetHealthHandler({
  log: createLog('get-health'),
  corsOrigins: env.CORS_ORIGINS,
});
