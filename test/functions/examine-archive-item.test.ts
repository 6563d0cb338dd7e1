import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createExamineArchiveItemHandler,
  type ExamineArchiveItemHandler,
} from '../../functions/examine-archive-item/examine-archive-item.ts';
import { findFfmpeg } from '../../layers/detection/ffmpeg.ts';
import { createDetector } from '../../layers/detection/index.ts';
import type { Detector } from '../../layers/detection/types.ts';
import { archiveItemId, createArchiveStore } from '../../layers/storage/archive-store.ts';
import { makeFaceClip } from '../support/make-clips.ts';
import { BUCKET, type S3Server, startS3 } from '../support/start-s3.ts';

const MAX_BYTES = 300_000;
const log = { info() {}, warn() {}, error() {} };
const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 300_000 } as Context;

describe('examine-archive-item', () => {
  let s3: S3Server;
  let dir: string;
  let detector: Detector;
  let handler: ExamineArchiveItemHandler;
  let examined = 0;

  beforeAll(async () => {
    s3 = await startS3();
    dir = await mkdtemp(join(tmpdir(), 'archive-test-'));
    detector = await createDetector({
      modelsDir: fileURLToPath(new URL('../../models', import.meta.url)),
      ffmpegPath: findFfmpeg({ configured: process.env.FFMPEG_PATH }),
      framesSampled: 4,
    });
    handler = createHandler(async () => {
      examined += 1;
      return detector;
    });
    const clip = await readFile(await makeFaceClip(dir, 'face.mp4'));
    await put('footage/face.mp4', clip);
    await put('footage/text.mp4', Buffer.from('no video'));
    await put('footage/large.mp4', Buffer.alloc(MAX_BYTES + 1));
  });
  afterAll(async () => {
    await detector.close();
    await s3.stop();
    await rm(dir, { recursive: true });
  });

  function createHandler(load: () => Promise<Detector>): ExamineArchiveItemHandler {
    return createExamineArchiveItemHandler({
      detector: load,
      store: createArchiveStore({ bucket: BUCKET, maxClipBytes: MAX_BYTES, client: s3.s3 }),
      config: { operatingPoint: 'balanced', tempDir: dir },
      log,
    });
  }

  async function put(key: string, body: Buffer): Promise<void> {
    await s3.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
  }

  const item = (key: string) => ({ archive: 'test', bucket: BUCKET, key });

  test('examines a clip, keeps the outcome, and does not examine it again', async () => {
    const first = await handler(item('footage/face.mp4'), context);
    const before = examined;
    const second = await handler(item('footage/face.mp4'), context);

    expect(first).toMatchObject({ file: `s3://${BUCKET}/footage/face.mp4`, status: 'done' });
    expect(second).toEqual(JSON.parse(JSON.stringify(first)));
    expect(examined).toBe(before);
    const id = archiveItemId({ bucket: BUCKET, key: 'footage/face.mp4' });
    const kept = await s3.s3.send(
      new GetObjectCommand({ Bucket: BUCKET, Key: `archives/test/outcomes/${id}.json` }),
    );
    expect(JSON.parse(await kept.Body!.transformToString())).toMatchObject({ status: 'done' });
    expect((await readdir(dir)).filter((name) => name.startsWith('clip-'))).toEqual([]);
  });

  test.each([
    ['footage/text.mp4', 'unsupported_media'],
    ['footage/large.mp4', 'file_too_large'],
    ['footage/gone.mp4', 'not_found'],
  ])('has an outcome for %s', async (key, code) => {
    expect(await handler(item(key), context)).toMatchObject({ status: 'failed', error: { code } });
  });

  test('passes over the marks of folders', async () => {
    expect(await handler(item('footage/'), context)).toEqual({
      file: `s3://${BUCKET}/footage/`,
      status: 'skipped',
    });
  });

  test('throws what is not the fault of the clip, and keeps no outcome', async () => {
    const broken = createHandler(() => Promise.reject(new Error('no models')));
    const other = { ...item('footage/face.mp4'), archive: 'other' };

    await expect(broken(other, context)).rejects.toThrow('no models');
    expect(await handler(other, context)).toMatchObject({ status: 'done' });
  });

  test('refuses an item whose archive would leave its folder', async () => {
    await expect(handler({ ...item('a.mp4'), archive: '../results' }, context)).rejects.toThrow();
  });
});
