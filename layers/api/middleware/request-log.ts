import type { MiddlewareObj, Request } from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { Log } from '../log.ts';
import { requestIdOf } from './request-id.ts';

/**
 * One line per request. It names the route, not the path: the path holds upload ids, and whoever knows one may read
 * its result.
 */
export function requestLog({
  log,
}: {
  log: Log;
}): MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult> {
  const started = new WeakMap<Request, number>();
  const write = (request: Request<APIGatewayProxyEvent, APIGatewayProxyResult>) => {
    log.info('request', {
      request_id: requestIdOf(request.event, request.context),
      method: request.event.httpMethod,
      route: request.event.resource || 'none',
      status: request.response?.statusCode,
      ms: Math.round(performance.now() - (started.get(request) ?? performance.now())),
    });
  };
  return {
    before: (request) => {
      started.set(request, performance.now());
    },
    after: write,
    onError: write,
  };
}
