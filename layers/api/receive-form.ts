import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { ApiError } from './errors.ts';

export interface ReceiveFormOptions {
  /** Name of the part that holds the file. */
  part: string;
  /** Where the file is written. */
  path: string;
  /** Largest file accepted, in bytes. */
  maxBytes: number;
  /** Thrown when the file is larger. */
  tooLarge: () => ApiError;
  signal?: AbortSignal;
}

export interface ReceivedForm {
  /** Text parts that came before or after the file. */
  fields: Record<string, string>;
  /** Size of the file; undefined when there was no such part. */
  bytes: number | undefined;
  /** Names of other parts that held files. */
  otherFiles: string[];
}

/**
 * Stream the file of a multipart/form-data body to disk.
 * @throws {ApiError} `malformed_request` when the form cannot be read to its end, and whatever `tooLarge` makes
 */
export async function receiveForm(
  body: Readable,
  contentType: string,
  { part, path, maxBytes, tooLarge, signal }: ReceiveFormOptions,
): Promise<ReceivedForm> {
  const fields: Record<string, string> = Object.create(null);
  const otherFiles: string[] = [];
  let wanted: Readable | undefined;
  let written: Promise<number> | undefined;
  const oversize = new AbortController();

  const form = openForm(contentType, part, maxBytes);
  form.on('field', (name, value) => {
    fields[name] = value;
  });
  form.on('file', (name, file) => {
    if (name !== part || wanted) {
      otherFiles.push(name);
      // Without a listener, a body that ends within this part would end the process.
      file.on('error', () => undefined).resume();
      return;
    }
    wanted = file;
    file.on('limit', () => oversize.abort());
    const target = createWriteStream(path);
    written = pipeline(file, target).then(() => target.bytesWritten);
    // The rejection is awaited below; until then it must not count as unhandled.
    written.catch(() => undefined);
  });

  const stop = signal ? AbortSignal.any([signal, oversize.signal]) : oversize.signal;
  try {
    await pipeline(body, form, { signal: stop });
    return { fields, bytes: await written, otherFiles };
  } catch (error) {
    // A form that is broken off does not end the file within it.
    wanted?.destroy();
    await written?.catch(() => undefined);
    signal?.throwIfAborted();
    if (oversize.signal.aborted) throw tooLarge();
    if (isSystemError(error)) throw error;
    throw new ApiError('malformed_request', 'The multipart body ends early or is not well formed.', {
      cause: error,
    });
  }
}

function openForm(contentType: string, part: string, maxBytes: number): BusboyInstance {
  try {
    return new Busboy({
      headers: { 'content-type': contentType } as BusboyHeaders,
      isPartAFile: (name, _type, fileName) => name === part || fileName !== undefined,
      limits: { fileSize: maxBytes, fieldSize: 64 * 1024, fields: 100, files: 10, parts: 110 },
    });
  } catch (cause) {
    throw new ApiError('malformed_request', 'The content-type names no multipart boundary.', { cause });
  }
}

/** A full disk or a lost folder is our own fault, not the form's. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
