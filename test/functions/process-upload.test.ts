import { createHmac } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createContext } from '../../bin/serve/proxy-event.ts';
import {
  createProcessUploadHandler,
  type ProcessUploadDeps,
  type ProcessUploadHandler,
} from '../../functions/process-upload/process-upload.ts';
import { writeUploadEvent } from '../../functions/process-upload/upload-event.ts';
import { DetectionError } from '../../layers/detection/errors.ts';
import { createDetector, type Detector, findFfmpeg } from '../../layers/detection/index.ts';
import { createS3Store } from '../../layers/storage/s3-store.ts';
import type { Store } from '../../layers/storage/store.ts';
import { makeFaceClip } from '../support/make-clips.ts';
import { BUCKET, type S3Server, startS3 } from '../support/start-s3.ts';

const MAX_BYTES = 1_000_000;
const MAX_RECEIVES = 3;
const TIMEOUT_MS = 120_000;

let dir: string;
let clip: Buffer;
let detector: Detector;
let server: S3Server;
let store: Store;
let queues: { main: string; dead: string };
let examined: number;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'deepfake-process-'));
  clip = await readFile(await makeFaceClip(dir, 'face.mp4'));
  detector = await createDetector({
    modelsDir: 'models',
    ffmpegPath: findFfmpeg({ configured: process.env.FFMPEG_PATH }),
  });
});

afterAll(async () => {
  await detector.close();
  await rm(dir, { recursive: true });
});

beforeEach(async () => {
  server = await startS3();
  store = createS3Store({ bucket: BUCKET, maxUploadBytes: MAX_BYTES, uploadExpiresS: 60, client: server.s3 });
  const dead = server.fauxqs.createQueue('dead');
  const redrive = JSON.stringify({ deadLetterTargetArn: dead.queueArn, maxReceiveCount: MAX_RECEIVES });
  const main = server.fauxqs.createQueue('main', {
    attributes: { VisibilityTimeout: '0', RedrivePolicy: redrive },
  });
  queues = { main: main.queueUrl, dead: dead.queueUrl };
  examined = 0;
});

afterEach(() => server.stop());

describe('an upload', () => {
  test('is examined, and its result can be read', async () => {
    const uploadId = await upload(clip);
    await send(writeUploadEvent(uploadId, BUCKET));

    expect(await deliver(createHandler())).toEqual([]);

    expect(await store.getState(uploadId)).toMatchObject({
      status: 'done',
      result: { id: uploadId, api_version: '1', faces: [{ frames: 10 }] },
    });
    expect(await readdir(dir)).toEqual(['face.mp4']);
  });

  test('is examined once when its message is delivered twice', async () => {
    const uploadId = await upload(clip);
    const handler = createHandler();
    await send(writeUploadEvent(uploadId, BUCKET));

    await deliver(handler, { isForgotten: true });
    const first = await store.getState(uploadId);
    await deliver(handler);

    expect(examined).toBe(1);
    expect(await store.getState(uploadId)).toEqual(first);
    expect(await receive(queues.main)).toEqual([]);
  });

  test('is left alone when its outcome is there already', async () => {
    const uploadId = await upload(clip);
    const outcome = { status: 'failed', error: { code: 'undecodable_video' } } as const;
    await store.putOutcome(uploadId, outcome);
    await send(writeUploadEvent(uploadId, BUCKET));

    expect(await deliver(createHandler())).toEqual([]);

    expect(examined).toBe(0);
    expect(await store.getState(uploadId)).toEqual(outcome);
  });

  test('keeps the first result when two examinations end at the same time', async () => {
    const uploadId = await upload(clip);
    await send(writeUploadEvent(uploadId, BUCKET));
    await send(writeUploadEvent(uploadId, BUCKET));
    const handler = createHandler();

    expect(await Promise.all([deliver(handler), deliver(handler)])).toEqual([[], []]);

    expect(await store.getState(uploadId)).toMatchObject({ status: 'done' });
  });

  test('may be a file that an operator copied into the bucket', async () => {
    const put = new PutObjectCommand({ Bucket: BUCKET, Key: 'uploads/interview.mp4', Body: clip });
    await server.s3.send(put);
    await send(writeUploadEvent('interview.mp4', BUCKET));
    expect(await deliver(createHandler())).toEqual([]);
    expect(await store.getState('interview.mp4')).toMatchObject({ status: 'done' });
  });
});

describe('what is the clip’s own fault ends as failed and does not come back:', () => {
  test('an object deleted meanwhile', async () => {
    const uploadId = await upload(clip);
    await send(writeUploadEvent(uploadId, BUCKET));
    await server.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: `uploads/${uploadId}` }));
    await expectFailed(uploadId, 'not_found');
  });

  test('an oversized object', async () => {
    const { uploadId } = await store.createUpload('video/mp4');
    const body = Buffer.alloc(MAX_BYTES + 1);
    await server.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `uploads/${uploadId}`, Body: body }));
    await send(writeUploadEvent(uploadId, BUCKET));
    await expectFailed(uploadId, 'file_too_large');
  });

  test('a file that is no video', async () => {
    const uploadId = await upload(Buffer.from('Not a film.'));
    await send(writeUploadEvent(uploadId, BUCKET));
    await expectFailed(uploadId, 'unsupported_media');
  });

  test('a clip that takes longer than the function may run', async () => {
    const uploadId = await upload(clip);
    await send(writeUploadEvent(uploadId, BUCKET));
    expect(await deliver(createHandler(), { timeoutMs: 0 })).toEqual([]);
    expect(await store.getState(uploadId)).toMatchObject({
      status: 'failed',
      error: { code: 'deadline_exceeded' },
    });
  });

  async function expectFailed(uploadId: string, code: string) {
    expect(await deliver(createHandler())).toEqual([]);
    expect(await store.getState(uploadId)).toMatchObject({ status: 'failed', error: { code } });
    expect(await receive(queues.main)).toEqual([]);
  }
});

describe('what may pass by itself comes back:', () => {
  test('models that were not there the first time', async () => {
    const uploadId = await upload(clip);
    await send(writeUploadEvent(uploadId, BUCKET));
    const unavailable = createHandler({
      detector: () => Promise.reject(new DetectionError('model_unavailable', 'No models.')),
    });

    expect(await deliver(unavailable)).toHaveLength(1);
    expect(await store.getState(uploadId)).toEqual({ status: 'processing' });
    expect(await deliver(createHandler())).toEqual([]);

    expect(await store.getState(uploadId)).toMatchObject({ status: 'done' });
  });

  test.each(['not JSON', '{}', writeUploadEvent('../outside', BUCKET)])(
    'the poison message %j ends in the dead-letter queue',
    async (body) => {
      await send(body);
      const handler = createHandler();
      for (let receives = 0; receives < MAX_RECEIVES; receives++) {
        expect(await deliver(handler)).toHaveLength(1);
      }

      expect(await receive(queues.main)).toEqual([]);
      expect(await receive(queues.dead)).toMatchObject([{ Body: body }]);
    },
  );

  test('only the failed message of a batch', async () => {
    const uploadId = await upload(clip);
    await send('poison');
    await send(writeUploadEvent(uploadId, BUCKET));
    expect(await deliver(createHandler())).toHaveLength(1);
    expect(await store.getState(uploadId)).toMatchObject({ status: 'done' });
  });
});

describe('the webhook', () => {
  let receiver: Server;
  let received: { headers: IncomingHttpHeaders; body: string }[];
  let statuses: number[];

  beforeEach(async () => {
    received = [];
    statuses = [];
    receiver = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      received.push({ headers: request.headers, body });
      response.writeHead(statuses.shift() ?? 200).end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  });

  afterEach(() => new Promise((resolve) => receiver.close(resolve).closeAllConnections()));

  test('tells of a result once, signed', async () => {
    const uploadId = await upload(clip);
    const handler = createHandler({ webhook: { url: receiverUrl(), secret: async () => 'shared secret' } });
    for (let time = 0; time < 2; time++) {
      await send(writeUploadEvent(uploadId, BUCKET));
      await deliver(handler);
    }

    expect(received).toHaveLength(1);
    const { headers, body } = received[0]!;
    expect(JSON.parse(body)).toEqual({ upload_id: uploadId, ...(await store.getState(uploadId)) });
    const [, seconds, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-signature']))!;
    expect(digest).toBe(createHmac('sha256', 'shared secret').update(`${seconds}.${body}`).digest('hex'));
    expect(Math.abs(Number(seconds) - Date.now() / 1000)).toBeLessThan(60);
  });

  test('is tried again when the receiver stumbles', async () => {
    statuses = [503];
    const uploadId = await upload(clip);
    await send(writeUploadEvent(uploadId, BUCKET));
    await deliver(createHandler({ webhook: { url: receiverUrl(), secret: async () => 'shared secret' } }));
    expect(received).toHaveLength(2);
  });

  test('that fails for good does not bring the message back', async () => {
    statuses = [500, 500, 500];
    const uploadId = await upload(clip);
    await send(writeUploadEvent(uploadId, BUCKET));
    const handler = createHandler({ webhook: { url: receiverUrl(), secret: async () => 'shared secret' } });
    expect(await deliver(handler)).toEqual([]);
    expect(received).toHaveLength(3);
    expect(await store.getState(uploadId)).toMatchObject({ status: 'done' });
  });

  function receiverUrl(): string {
    return `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  }
});

function createHandler(changed: Partial<ProcessUploadDeps> = {}): ProcessUploadHandler {
  const silent = () => undefined;
  return createProcessUploadHandler({
    detector: async () => {
      examined += 1;
      return detector;
    },
    store,
    config: { operatingPoint: 'balanced', tempDir: dir },
    log: { info: silent, warn: silent, error: silent },
    ...changed,
  });
}

async function upload(file: Buffer): Promise<string> {
  const { uploadId, url, fields } = await store.createUpload('video/mp4');
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([new Uint8Array(file)]));
  expect((await fetch(url, { method: 'POST', body: form })).status).toBe(204);
  return uploadId;
}

async function send(body: string): Promise<void> {
  await server.sqs.send(new SendMessageCommand({ QueueUrl: queues.main, MessageBody: body }));
}

async function receive(queue: string) {
  const attributes = { MessageSystemAttributeNames: ['All' as const], MaxNumberOfMessages: 10 };
  const { Messages = [] } = await server.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queue, ...attributes }),
  );
  return Messages;
}

/**
 * Do what Lambda does with a queue: hand the messages to the function, delete those it did not name as failed.
 * @returns the failed ones
 */
async function deliver(
  handler: ProcessUploadHandler,
  // A message whose deletion is forgotten is delivered again, as happens when a function dies right after its work.
  { timeoutMs = TIMEOUT_MS, isForgotten = false } = {},
) {
  const messages = await receive(queues.main);
  expect(messages).not.toEqual([]);
  const Records = messages.map(
    (message) =>
      ({
        messageId: message.MessageId!,
        receiptHandle: message.ReceiptHandle!,
        body: message.Body!,
        attributes: message.Attributes,
        messageAttributes: {},
        eventSource: 'aws:sqs',
      }) as unknown as SQSRecord,
  );
  const context = createContext('process-upload', 'test', timeoutMs);
  const { batchItemFailures } = await handler({ Records }, context);
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  for (const { MessageId, ReceiptHandle } of messages) {
    if (isForgotten || failed.has(MessageId!)) continue;
    await server.sqs.send(new DeleteMessageCommand({ QueueUrl: queues.main, ReceiptHandle }));
  }
  return batchItemFailures;
}
