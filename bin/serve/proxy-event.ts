import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { ApiContext } from '../../layers/api/api-handler.ts';
import { routes } from '../../layers/api/routes.ts';
import type { RouteMatch } from './match-route.ts';

/** What API Gateway is told to pass as bytes; everything else is text. */
const BINARY_TYPES = /^(multipart\/form-data|video\/)/i;

export interface ProxyEventParts {
  request: IncomingMessage;
  url: URL;
  /** None for what the local server answers by itself. */
  match?: RouteMatch;
  body?: Buffer;
  requestId: string;
}

/** The event API Gateway's REST API would send to Lambda for this request. */
export function toProxyEvent({
  request,
  url,
  match,
  body = Buffer.alloc(0),
  requestId,
}: ProxyEventParts): APIGatewayProxyEvent {
  const resource = match ? routes[match.name].path : '';
  const isBase64Encoded = BINARY_TYPES.test(request.headers['content-type'] ?? '');
  const multiValueHeaders = Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values = []]) => [name, values]),
  );
  const query = [...new Set(url.searchParams.keys())];
  return {
    resource,
    path: url.pathname,
    httpMethod: request.method ?? 'GET',
    headers: lastOfEach(multiValueHeaders),
    multiValueHeaders,
    queryStringParameters: query.length
      ? Object.fromEntries(query.map((name) => [name, url.searchParams.getAll(name).at(-1)]))
      : null,
    multiValueQueryStringParameters: query.length
      ? Object.fromEntries(query.map((name) => [name, url.searchParams.getAll(name)]))
      : null,
    pathParameters: match?.pathParameters ?? null,
    stageVariables: null,
    body: body.length ? body.toString(isBase64Encoded ? 'base64' : 'utf8') : null,
    isBase64Encoded,
    requestContext: {
      accountId: 'local',
      apiId: 'local',
      authorizer: null,
      protocol: 'HTTP/1.1',
      httpMethod: request.method ?? 'GET',
      identity: {
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: request.headers['user-agent'] ?? null,
        accessKey: null,
        accountId: null,
        apiKey: null,
        apiKeyId: null,
        caller: null,
        clientCert: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        user: null,
        userArn: null,
      },
      path: url.pathname,
      stage: 'local',
      requestId,
      requestTimeEpoch: Date.now(),
      resourceId: resource,
      resourcePath: resource,
    },
  };
}

/** The context Lambda would pass; its time starts now, when the request's turn has come. */
export function createContext(
  name: string,
  requestId: string,
  timeoutMs: number,
  clientSignal?: AbortSignal,
): ApiContext {
  const endsAt = Date.now() + timeoutMs;
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: false,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${name}`,
    logGroupName: name,
    logStreamName: name,
    memoryLimitInMB: '3538',
    getRemainingTimeInMillis: () => endsAt - Date.now(),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
    ...(clientSignal && { clientSignal }),
  };
}

function lastOfEach(values: Record<string, string[]>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(values).map(([name, list]) => [name, list.at(-1)]));
}
