import type { APIGatewayProxyResult } from 'aws-lambda';
import { errorTable, toApiError, toProblem } from './errors.ts';

/** A JSON response. */
export function jsonResponse(
  statusCode: number,
  body: unknown,
  headers: Record<string, string> = {},
): APIGatewayProxyResult {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}

/** The problem+json response for any thrown value. */
export function problemResponse(error: unknown, requestId: string): APIGatewayProxyResult {
  const { code, headers } = toApiError(error);
  return jsonResponse(errorTable[code].status, toProblem(error, requestId), {
    ...headers,
    'content-type': 'application/problem+json',
  });
}
