import type { APIGatewayProxyEvent } from 'aws-lambda';

/** The body as it was sent. */
export function bodyOf(event: APIGatewayProxyEvent): Buffer {
  return Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
}

/** A header by its lower-case name; empty when it was not sent. */
export function headerOf(event: APIGatewayProxyEvent, name: string): string {
  const found = Object.entries(event.headers ?? {}).find(([key]) => key.toLowerCase() === name);
  return found?.[1] ?? '';
}
