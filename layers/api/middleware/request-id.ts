import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';

/** The id under which a request is logged and reported to its sender. */
export function requestIdOf(event: APIGatewayProxyEvent, context: Context): string {
  return event.requestContext?.requestId ?? context.awsRequestId;
}

/** Adds the header `x-request-id` to every response, errors included. */
export function requestId(): MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult> {
  const addHeader: MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult>['after'] = (request) => {
    if (!request.response) return;
    const id = requestIdOf(request.event, request.context);
    request.response.headers = { ...request.response.headers, 'x-request-id': id };
  };
  return { after: addHeader, onError: addHeader };
}
