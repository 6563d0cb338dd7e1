import { open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { ApiError } from '../../layers/api/errors.ts';

/**
 * Write a request's body to a file. The connection stays open when the body is too large, so that the client can
 * still read why.
 * @throws {ApiError} what `tooLarge` makes, before anything is read when the client announces the size
 */
export async function receiveBody(
  request: IncomingMessage,
  path: string,
  { maxBytes, tooLarge }: { maxBytes: number; tooLarge: () => ApiError },
): Promise<void> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  await using file = await open(path, 'wx', 0o600);
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge();
    await file.write(chunk);
  }
}
