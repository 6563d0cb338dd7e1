import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Store } from '../storage/store.ts';
import { ApiError } from './errors.ts';
import { formatBytes } from './format-bytes.ts';
import { parseJson } from './parse-input.ts';
import { receiveForm } from './receive-form.ts';
import { bodyOf, headerOf } from './request.ts';
import { detectBodySchema } from './schemas.ts';

const VIDEO_PART = 'video';

export interface ReadClipOptions {
  /** Where the clip is written. */
  path: string;
  /** Largest clip that comes inside a request, in bytes; uploads have a limit of their own. */
  maxBytes: number;
  store: Store;
  signal: AbortSignal;
}

/**
 * Write the clip a request carries, or points to, to a local file.
 * @returns the upload id when the clip came through an upload
 * @throws {ApiError} `no_video`, `malformed_request`, `file_too_large`, `unsupported_media`
 * @throws {StoreError} `not_found`, `upload_incomplete`, `file_too_large`
 */
export async function readClip(
  event: APIGatewayProxyEvent,
  { path, maxBytes, store, signal }: ReadClipOptions,
): Promise<{ uploadId?: string }> {
  const contentType = headerOf(event, 'content-type');
  const mediaType = contentType.split(';', 1)[0]!.trim().toLowerCase();
  const tooLarge = () => clipTooLarge(maxBytes);

  if (mediaType === 'application/json') {
    const { upload_id: uploadId } = parseJson(detectBodySchema, bodyOf(event).toString('utf8'));
    await store.fetchClip(uploadId, path, signal);
    return { uploadId };
  }
  if (mediaType === 'multipart/form-data') {
    const form = await receiveForm(Readable.from([bodyOf(event)]), contentType, {
      part: VIDEO_PART,
      path,
      maxBytes,
      tooLarge,
      signal,
    });
    if (form.bytes === undefined) throw new ApiError('no_video', noVideoDetail(form.otherFiles));
    if (form.bytes === 0) throw new ApiError('no_video', 'The part "video" is empty.');
    return {};
  }
  const body = bodyOf(event);
  if (body.length === 0) throw new ApiError('no_video');
  if (!mediaType.startsWith('video/')) {
    throw new ApiError(
      'unsupported_media',
      `A body of type "${mediaType}" is not accepted. Send multipart/form-data, video/* or application/json.`,
    );
  }
  if (body.length > maxBytes) throw tooLarge();
  await writeFile(path, body, { signal });
  return {};
}

/** What is answered to a clip that does not fit into a request. */
export function clipTooLarge(maxBytes: number): ApiError {
  return new ApiError(
    'file_too_large',
    `The clip is larger than ${formatBytes(maxBytes)}, the most one request carries. Send it through POST /uploads.`,
  );
}

function noVideoDetail(otherFiles: string[]): string {
  if (otherFiles.length === 0) return 'The form has no part named "video".';
  return `The form has no part named "video"; it has a file in the part "${otherFiles[0]}".`;
}
