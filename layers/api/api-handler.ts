import middy from '@middy/core';
import httpCors from '@middy/http-cors';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import type { Log } from './log.ts';
import { problemErrors } from './middleware/problem-errors.ts';
import { requestId } from './middleware/request-id.ts';
import { requestLog } from './middleware/request-log.ts';
import { securityHeaders } from './middleware/security-headers.ts';

/** Lambda's context; the local server adds a signal that is aborted when the client goes away or the server stops. */
export interface ApiContext extends Context {
  clientSignal?: AbortSignal;
}

export type ApiHandler = (event: APIGatewayProxyEvent, context: ApiContext) => Promise<APIGatewayProxyResult>;

export interface ApiHandlerConfig {
  log: Log;
  /** Origins whose pages may call the API; none by default. */
  corsOrigins?: string[];
}

/**
 * Put around every handler of the API: request id, errors as problem+json, CORS, security headers, one log line.
 *
 * @example
 * export const createGetHealthHandler = (config: ApiHandlerConfig) =>
 *   apiHandler(async () => jsonResponse(200, { status: 'ok' }), config);
 */
export function apiHandler(handle: ApiHandler, { log, corsOrigins = [] }: ApiHandlerConfig): ApiHandler {
  // middy's own time-out would answer without waiting for ffmpeg to end; handlers keep their deadline themselves.
  return middy<APIGatewayProxyEvent, APIGatewayProxyResult>({ timeoutEarlyInMillis: 0 })
    .use(requestLog({ log }))
    .use(securityHeaders())
    .use(httpCors({ origins: corsOrigins, exposeHeaders: 'X-Request-Id, Retry-After' }))
    .use(requestId())
    .use(problemErrors({ log }))
    .handler(handle) as ApiHandler;
}
