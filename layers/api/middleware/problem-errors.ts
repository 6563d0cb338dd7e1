import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import type { ApiContext } from '../api-handler.ts';
import { toApiError } from '../errors.ts';
import type { Log } from '../log.ts';
import { problemResponse } from '../responses.ts';
import { requestIdOf } from './request-id.ts';

/** Turns whatever a handler throws into problem+json; what is our own fault is logged with its cause. */
export function problemErrors({
  log,
}: {
  log: Log;
}): MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult> {
  return {
    onError: (request) => {
      const id = requestIdOf(request.event, request.context);
      request.response = problemResponse(request.error, id);
      const isClientGone = (request.context as ApiContext).clientSignal?.aborted;
      if (request.response.statusCode >= 500 && !isClientGone) {
        const error = toApiError(request.error);
        log.error('request failed', { request_id: id, code: error.code, error: error.cause ?? error });
      }
    },
  };
}
