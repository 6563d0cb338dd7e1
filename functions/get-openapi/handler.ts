import { readEnvironment } from '../environment.ts';
import { createLog } from '../powertools.ts';
import { createGetOpenApiHandler } from './get-openapi.ts';

const env = readEnvironment(['CORS_ORIGINS']);

export const handler = createGetOpenApiHandler({
  log: createLog('get-openapi'),
  corsOrigins: env.CORS_ORIGINS,
});
