import type { z } from 'zod';
import { ApiError } from './errors.ts';

/**
 * Check what a client sent against its schema.
 * @param what names the place in the message, such as "query" or "body".
 * @throws {ApiError} `malformed_request`
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(({ path, message }) =>
    path.length ? `${path.join('.')}: ${message}` : message,
  );
  throw new ApiError('malformed_request', `The ${what} is not valid. ${reasons.join('; ')}`);
}

/** The same for a JSON text. */
export function parseJson<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ApiError('malformed_request', 'The body is not valid JSON.', { cause });
  }
  return parseInput(schema, value, 'body');
}
