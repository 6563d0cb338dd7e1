import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { StoreError } from './errors.ts';
import type { Outcome } from './store.ts';

/** One clip of an archive: where it lies, and the archive its outcome belongs to. */
export interface ArchiveItem {
  archive: string;
  bucket: string;
  key: string;
}

export interface ArchiveStoreConfig {
  /** Bucket that keeps the outcomes. */
  bucket: string;
  /** Largest clip, in bytes. */
  maxClipBytes: number;
  client?: S3Client;
}

/** Clips anywhere in S3 and their outcomes at `archives/<archive>/outcomes/<id>.json`. */
export interface ArchiveStore {
  /**
   * Copy the clip to the local file `path`, never holding it in memory.
   * @throws {StoreError} `not_found`, `file_too_large`
   */
  fetchClip(item: ArchiveItem, path: string, signal?: AbortSignal): Promise<void>;
  /** The outcome of an earlier run, if there is one. */
  getOutcome(item: ArchiveItem): Promise<Outcome | undefined>;
  /** Write the outcome once; one that is already there stays. */
  putOutcome(item: ArchiveItem, outcome: Outcome): Promise<void>;
}

/** What an outcome is stored under: keys of clips may hold anything and be long, so their hash stands for them. */
export function archiveItemId({ bucket, key }: Pick<ArchiveItem, 'bucket' | 'key'>): string {
  return createHash('sha256').update(`${bucket}/${key}`).digest('hex');
}

/** Needs s3:ListBucket on both buckets, without which S3 answers 403 instead of 404 for what is not there. */
export function createArchiveStore({
  bucket,
  maxClipBytes,
  client = new S3Client(),
}: ArchiveStoreConfig): ArchiveStore {
  return { fetchClip, getOutcome, putOutcome };

  async function fetchClip(item: ArchiveItem, path: string, signal?: AbortSignal) {
    const options = signal ? { abortSignal: signal } : {};
    const found = await client
      .send(new GetObjectCommand({ Bucket: item.bucket, Key: item.key }), options)
      .catch(unlessMissing);
    if (!found) throw new StoreError('not_found', 'There is no such object.');
    const body = found.Body as Readable;
    if ((found.ContentLength ?? 0) > maxClipBytes) {
      body.destroy();
      throw new StoreError('file_too_large', `The clip is larger than ${maxClipBytes} bytes.`);
    }
    await pipeline(body, createWriteStream(path), signal ? { signal } : {});
  }

  async function getOutcome(item: ArchiveItem) {
    const found = await client
      .send(new GetObjectCommand({ Bucket: bucket, Key: outcomeKey(item) }))
      .catch(unlessMissing);
    return found && (JSON.parse(await found.Body!.transformToString()) as Outcome);
  }

  async function putOutcome(item: ArchiveItem, outcome: Outcome) {
    await client
      .send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: outcomeKey(item),
          Body: JSON.stringify(outcome),
          ContentType: 'application/json',
          IfNoneMatch: '*',
        }),
      )
      .catch(unlessThere);
  }
}

function outcomeKey(item: ArchiveItem): string {
  return `archives/${item.archive}/outcomes/${archiveItemId(item)}.json`;
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
  throw error;
}

function unlessThere(error: unknown): void {
  if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412) return;
  throw error;
}
