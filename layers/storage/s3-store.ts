import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { StoreError } from './errors.ts';
import type { DetectionState, Outcome, Store } from './store.ts';
import { newUploadId } from './upload-id.ts';

export interface S3StoreConfig {
  bucket: string;
  /** Largest clip, in bytes; bound into the upload's policy. */
  maxUploadBytes: number;
  /** Seconds within which an upload must begin. */
  uploadExpiresS: number;
  client?: S3Client;
}

/**
 * Clips and results in one bucket: `uploads/<id>` the clip, `tickets/<id>` that an upload was allowed,
 * `processing/<id>` that examination has begun, `results/<id>.json` the outcome. How long they stay is the bucket's
 * lifecycle rule. Needs s3:ListBucket, without which S3 answers 403 instead of 404 for what is not there.
 */
export function createS3Store({
  bucket,
  maxUploadBytes,
  uploadExpiresS,
  // A presigned form must not ask for a checksum that browsers and curl do not send.
  client = new S3Client({ requestChecksumCalculation: 'WHEN_REQUIRED' }),
}: S3StoreConfig): Store {
  return { createUpload, fetchClip, getState, markProcessing, putOutcome };

  async function createUpload(contentType: string) {
    const uploadId = newUploadId();
    await put(`tickets/${uploadId}`, '');
    const expiresAt = new Date(Date.now() + uploadExpiresS * 1000);
    const { url, fields } = await createPresignedPost(client, {
      Bucket: bucket,
      Key: `uploads/${uploadId}`,
      Expires: uploadExpiresS,
      Conditions: [
        ['content-length-range', 1, maxUploadBytes],
        ['starts-with', '$Content-Type', 'video/'],
      ],
    });
    return {
      uploadId,
      url,
      fields: { ...fields, 'Content-Type': contentType },
      maxBytes: maxUploadBytes,
      expiresAt,
    };
  }

  async function fetchClip(uploadId: string, path: string, signal?: AbortSignal) {
    const options = signal ? { abortSignal: signal } : {};
    const found = await client
      .send(new GetObjectCommand({ Bucket: bucket, Key: `uploads/${uploadId}` }), options)
      .catch(unlessMissing);
    if (!found) {
      if (await exists(`tickets/${uploadId}`)) {
        throw new StoreError('upload_incomplete', 'The clip has not been uploaded yet.');
      }
      throw new StoreError('not_found', 'There is no such upload, or it has expired.');
    }
    const body = found.Body as Readable;
    if ((found.ContentLength ?? 0) > maxUploadBytes) {
      body.destroy();
      throw new StoreError('file_too_large', `The clip is larger than ${maxUploadBytes} bytes.`);
    }
    await pipeline(body, createWriteStream(path), options.abortSignal ? { signal: options.abortSignal } : {});
  }

  async function getState(uploadId: string): Promise<DetectionState | undefined> {
    const outcome = await client
      .send(new GetObjectCommand({ Bucket: bucket, Key: `results/${uploadId}.json` }))
      .catch(unlessMissing);
    if (outcome) return JSON.parse(await outcome.Body!.transformToString()) as Outcome;
    const [processing, uploaded, allowed] = await Promise.all([
      exists(`processing/${uploadId}`),
      exists(`uploads/${uploadId}`),
      exists(`tickets/${uploadId}`),
    ]);
    if (processing) return { status: 'processing' };
    return uploaded || allowed ? { status: 'waiting' } : undefined;
  }

  async function markProcessing(uploadId: string) {
    await put(`processing/${uploadId}`, '');
  }

  async function putOutcome(uploadId: string, outcome: Outcome) {
    try {
      await put(`results/${uploadId}.json`, JSON.stringify(outcome), {
        ContentType: 'application/json',
        IfNoneMatch: '*',
      });
      return true;
    } catch (error) {
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412) return false;
      throw error;
    }
  }

  async function put(
    key: string,
    body: string,
    options: { ContentType?: string; IfNoneMatch?: string } = {},
  ) {
    await client.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: Buffer.from(body), ...options }),
    );
  }

  async function exists(key: string): Promise<boolean> {
    const head = new HeadObjectCommand({ Bucket: bucket, Key: key });
    return (await client.send(head).catch(unlessMissing)) !== undefined;
  }
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return undefined;
  throw error;
}
