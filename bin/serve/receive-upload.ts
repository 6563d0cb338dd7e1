import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { ApiError } from '../../layers/api/errors.ts';
import { formatBytes } from '../../layers/api/format-bytes.ts';
import { receiveForm } from '../../layers/api/receive-form.ts';
import type { DiskStore } from '../../layers/storage/disk-store.ts';

/** Room for the fields and boundaries around the file of a form. */
export const FORM_OVERHEAD_BYTES = 64 * 1024;

/**
 * Take in a clip posted with the fields of POST /uploads, as S3 would by its presigned form.
 * @throws {ApiError} `malformed_request`, `no_video`, `file_too_large`, `unsupported_media`
 * @throws {StoreError} `not_found`
 */
export async function receiveUpload(
  request: IncomingMessage,
  store: DiskStore,
  maxBytes: number,
): Promise<void> {
  const tooLarge = () => new ApiError('file_too_large', `The clip is larger than ${formatBytes(maxBytes)}.`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes + FORM_OVERHEAD_BYTES) throw tooLarge();
  const path = store.incomingPath();
  try {
    // An iterator of its own keeps the connection open when the form is refused, so that the answer can be read.
    const body = Readable.from(request.iterator({ destroyOnReturn: false }), { objectMode: false });
    const contentType = request.headers['content-type'] ?? '';
    const { fields, bytes } = await receiveForm(body, contentType, {
      part: 'file',
      path,
      maxBytes,
      tooLarge,
    });
    if (!bytes) throw new ApiError('no_video', 'The form has no part named "file", or it is empty.');
    if (!fields['Content-Type']?.startsWith('video/')) throw new ApiError('unsupported_media');
    await store.acceptUpload((fields.key ?? '').replace(/^uploads\//, ''), path);
  } finally {
    await rm(path, { force: true });
  }
}
