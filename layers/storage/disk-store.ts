import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { StoreError } from './errors.ts';
import type { DetectionState, Outcome, Store } from './store.ts';
import { isUploadId, newUploadId } from './upload-id.ts';

export interface DiskStoreConfig {
  /** Folder of the store; made when it is not there. */
  dir: string;
  /** Path on the API's own server where clips are posted to. */
  uploadUrl: string;
  /** Largest clip, in bytes. */
  maxUploadBytes: number;
  /** Seconds within which an upload must begin. */
  uploadExpiresS: number;
  /** Seconds after which clips and results are removed, as the bucket's lifecycle rule does on AWS. */
  retainS: number;
}

/** The `Store` in a folder, and what S3 does for the other one: take in the posted clip, tell of it, let it expire. */
export interface DiskStore extends Store {
  /** `uploaded` is emitted with the upload id when a clip has arrived whole. */
  readonly events: EventEmitter<{ uploaded: [uploadId: string] }>;
  /** A path on the same disk for a clip that is still arriving. */
  incomingPath(): string;
  /**
   * Move the arrived clip at `path` to its place.
   * @throws {StoreError} `not_found` when no upload with this id is allowed (any more)
   */
  acceptUpload(uploadId: string, path: string): Promise<void>;
  /** Clips that have arrived and have no outcome, such as those that waited when the server was stopped. */
  listPending(): Promise<string[]>;
  /** Remove what is older than `retainS`. */
  removeExpired(nowMs?: number): Promise<void>;
}

const FOLDERS = ['incoming', 'tickets', 'uploads', 'processing', 'results'] as const;
type Folder = (typeof FOLDERS)[number];

/** Open, or make, a store in a folder. It lays its files out as the S3 store does its objects. */
export async function createDiskStore({
  dir,
  uploadUrl,
  maxUploadBytes,
  uploadExpiresS,
  retainS,
}: DiskStoreConfig): Promise<DiskStore> {
  const events: DiskStore['events'] = new EventEmitter();
  // Results tell about people in clips: nobody else on the machine needs to read them.
  for (const folder of FOLDERS) await mkdir(join(dir, folder), { recursive: true, mode: 0o700 });
  return {
    events,
    createUpload,
    fetchClip,
    getState,
    markProcessing,
    putOutcome,
    incomingPath,
    acceptUpload,
    listPending,
    removeExpired,
  };

  async function createUpload(contentType: string) {
    const uploadId = newUploadId();
    const expiresAt = new Date(Date.now() + uploadExpiresS * 1000);
    await writeFile(pathOf('tickets', uploadId), expiresAt.toISOString());
    return {
      uploadId,
      url: uploadUrl,
      fields: { key: `uploads/${uploadId}`, 'Content-Type': contentType },
      maxBytes: maxUploadBytes,
      expiresAt,
    };
  }

  async function fetchClip(uploadId: string, path: string, signal?: AbortSignal) {
    const source = isUploadId(uploadId)
      ? await stat(pathOf('uploads', uploadId)).catch(unlessMissing)
      : undefined;
    if (!source) {
      if (await exists('tickets', uploadId)) {
        throw new StoreError('upload_incomplete', 'The clip has not been uploaded yet.');
      }
      throw new StoreError('not_found', 'There is no such upload, or it has expired.');
    }
    if (source.size > maxUploadBytes) {
      throw new StoreError('file_too_large', `The clip is larger than ${maxUploadBytes} bytes.`);
    }
    const reader = createReadStream(pathOf('uploads', uploadId));
    await pipeline(reader, createWriteStream(path), signal ? { signal } : {});
  }

  async function getState(uploadId: string): Promise<DetectionState | undefined> {
    if (!isUploadId(uploadId)) return undefined;
    const outcome = await readFile(resultPath(uploadId), 'utf8').catch(unlessMissing);
    if (outcome) return JSON.parse(outcome) as Outcome;
    if (await exists('processing', uploadId)) return { status: 'processing' };
    const known = (await exists('uploads', uploadId)) || (await exists('tickets', uploadId));
    return known ? { status: 'waiting' } : undefined;
  }

  async function markProcessing(uploadId: string) {
    await writeFile(pathOf('processing', uploadId), '');
  }

  async function putOutcome(uploadId: string, outcome: Outcome) {
    const written = incomingPath();
    await writeFile(written, JSON.stringify(outcome));
    try {
      // A link is made whole or not at all, and never over another file.
      await link(written, resultPath(uploadId));
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(written);
    }
  }

  function incomingPath() {
    return join(dir, 'incoming', randomUUID());
  }

  async function acceptUpload(uploadId: string, path: string) {
    const expiresAt = isUploadId(uploadId)
      ? await readFile(pathOf('tickets', uploadId), 'utf8').catch(unlessMissing)
      : undefined;
    if (!expiresAt || Date.parse(expiresAt) < Date.now()) {
      throw new StoreError('not_found', 'There is no such upload, or it has expired.');
    }
    await rename(path, pathOf('uploads', uploadId));
    events.emit('uploaded', uploadId);
  }

  async function listPending() {
    const arrived = await readdir(join(dir, 'uploads'));
    const examined = new Set(await readdir(join(dir, 'results')));
    return arrived.filter((uploadId) => !examined.has(`${uploadId}.json`));
  }

  async function removeExpired(nowMs = Date.now()) {
    for (const folder of FOLDERS) {
      for (const name of await readdir(join(dir, folder))) {
        const path = join(dir, folder, name);
        const found = await stat(path).catch(unlessMissing);
        if (found && found.mtimeMs + retainS * 1000 < nowMs) await rm(path, { force: true });
      }
    }
  }

  function pathOf(folder: Folder, uploadId: string) {
    return join(dir, folder, uploadId);
  }

  function resultPath(uploadId: string) {
    return join(dir, 'results', `${uploadId}.json`);
  }

  async function exists(folder: Folder, uploadId: string): Promise<boolean> {
    return isUploadId(uploadId) && (await stat(pathOf(folder, uploadId)).catch(unlessMissing)) !== undefined;
  }
}

function unlessMissing(error: unknown): undefined {
  if (errorCode(error) === 'ENOENT') return undefined;
  throw error;
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
