import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { detectionSchema } from '../../layers/api/schemas.ts';
import { makeFaceClip } from '../support/make-clips.ts';
import { BUCKET, CREDENTIALS, REGION, type S3Server, startS3 } from '../support/start-s3.ts';
import { type FunctionContainer, type ImageConfig, startContainer } from './function-container.ts';
import { type RuntimeServer, startRuntimeServer } from './runtime-server.ts';

// Set by run.sh.
const root = process.env.IMAGE_ROOT!;
const config = JSON.parse(process.env.IMAGE_CONFIG!) as ImageConfig;
const baseBytes = Number(process.env.IMAGE_BASE_BYTES);

/** The function, running in its image, and a client to call it with. */
interface RunningFunction {
  invoke(event: unknown): Promise<{ payload: unknown; functionError: string | undefined }>;
  server: RuntimeServer;
  container: FunctionContainer;
  stop(): Promise<void>;
}

let s3: S3Server;
let clips: string;

beforeAll(async () => {
  s3 = await startS3();
  clips = await mkdtemp(join(tmpdir(), 'image-test-'));
});
afterAll(async () => {
  await s3.stop();
  await rm(clips, { recursive: true, force: true });
});

async function startFunction(command: string[] = config.Cmd): Promise<RunningFunction> {
  const server = await startRuntimeServer();
  const { hostname, port } = await s3.s3.config.endpoint!();
  const container = startContainer({
    root,
    config,
    command,
    environment: {
      AWS_LAMBDA_RUNTIME_API: server.address,
      AWS_LAMBDA_FUNCTION_NAME: 'detector',
      AWS_LAMBDA_FUNCTION_VERSION: '1',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '3538',
      AWS_LAMBDA_LOG_GROUP_NAME: 'group',
      AWS_LAMBDA_LOG_STREAM_NAME: 'stream',
      _HANDLER: command[0]!,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_ENDPOINT_URL_S3: `http://${hostname}:${port}`,
      BUCKET_NAME: BUCKET,
    },
  });
  const client = new LambdaClient({
    region: REGION,
    endpoint: server.endpoint,
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
  return {
    server,
    container,
    async invoke(event) {
      const sent = client.send(
        new InvokeCommand({ FunctionName: 'detector', Payload: JSON.stringify(event) }),
      );
      const ended = container.exited.then((status) => {
        throw new Error(`The function ended with status ${status}:\n${container.log()}`);
      });
      const { Payload, FunctionError } = await Promise.race([sent, ended]);
      return {
        payload: JSON.parse(Buffer.from(Payload ?? []).toString() || 'null'),
        functionError: FunctionError,
      };
    },
    async stop() {
      await container.stop();
      client.destroy();
      await server.close();
    },
  };
}

/** POST /detect_deepfake with a raw body, as API Gateway hands it over. */
function apiEvent(body: Buffer, contentType = 'video/mp4'): Partial<APIGatewayProxyEvent> {
  return {
    resource: '/detect_deepfake',
    path: '/detect_deepfake',
    httpMethod: 'POST',
    headers: { 'content-type': contentType },
    multiValueHeaders: { 'content-type': [contentType] },
    queryStringParameters: null,
    pathParameters: null,
    isBase64Encoded: true,
    body: body.toString('base64'),
    requestContext: {
      requestId: 'request-1',
      requestTimeEpoch: Date.now(),
      path: '/v1/detect_deepfake',
    } as APIGatewayProxyEvent['requestContext'],
  };
}

function sqsEvent(key: string): SQSEvent {
  const body = {
    source: 'aws.s3',
    'detail-type': 'Object Created',
    detail: { bucket: { name: BUCKET }, object: { key } },
  };
  const record = { messageId: 'message-1', body: JSON.stringify(body), eventSource: 'aws:sqs' };
  return { Records: [record as SQSEvent['Records'][number]] };
}

/** The JSON body of an answer of the API, and its status. */
function answerOf(payload: unknown): { status: number; body: Record<string, unknown> } {
  const result = payload as APIGatewayProxyResult;
  return { status: result.statusCode, body: JSON.parse(result.body) };
}

function bytesOf(path: string): number {
  return Number(execFileSync('du', ['-sb', path], { encoding: 'utf8' }).split('\t')[0]);
}

async function runInImage(script: string): Promise<string> {
  const container = startContainer({ root, config, entrypoint: ['/bin/sh', '-c'], command: [script] });
  await container.exited;
  return container.log();
}

describe('the image', () => {
  test('adds little to its base', () => {
    const added = bytesOf(root) - baseBytes;
    const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

    console.log(
      `The image adds ${megabytes(added)} MB to its base (here a stand-in of ${megabytes(baseBytes)} MB):`,
    );
    for (const path of ['opt/bin/ffmpeg', 'var/task/node_modules', 'var/task/models', 'var/task']) {
      console.log(`  ${megabytes(bytesOf(join(root, path))).padStart(6)} MB  /${path}`);
    }
    expect(added).toBeLessThan(150e6);
  });

  test('holds what runs and nothing else', () => {
    const files = execFileSync('find', ['var/task', 'opt', '-type', 'f'], { cwd: root, encoding: 'utf8' })
      .split('\n')
      .filter(Boolean);

    expect(files.filter((file) => /\.ts$|package-lock|\.test\.|\.py$|\.env/.test(file))).toEqual([]);
    const architectures = files.flatMap(
      (file) => /onnxruntime-node\/bin\/.*\/(\w+\/\w+)\//.exec(file)?.[1] ?? [],
    );
    expect(new Set(architectures).size).toBe(1);
    expect(files.filter((file) => /cuda|tensorrt/i.test(file))).toEqual([]);
  });

  test('runs as a user without privileges and can write nowhere but /tmp', async () => {
    const output = await runInImage(
      'id -u; for d in / /var/task /opt /etc /usr; do touch "$d/x" 2>/dev/null && echo "wrote $d"; done; touch /tmp/x && echo tmp',
    );

    expect(output.trim().split('\n')).toEqual(['65534', 'tmp']);
  });

  test('brings an ffmpeg that knows the accepted formats and no network', async () => {
    const output = await runInImage(
      '$FFMPEG_PATH -hide_banner -protocols; $FFMPEG_PATH -hide_banner -demuxers; $FFMPEG_PATH -hide_banner -decoders',
    );

    for (const name of ['h264', 'hevc', 'vp8', 'vp9', 'libdav1d', 'mpeg4', 'mjpeg', 'prores']) {
      expect(output).toMatch(new RegExp(`^ V\\S+ ${name} `, 'm'));
    }
    expect(output).toMatch(/mov,mp4.*/);
    expect(output).not.toMatch(/\bhttps?\b|\btcp\b|\bhls\b|\bconcat\b/);
  });
});

describe('detect-deepfake in its image', () => {
  let detector: RunningFunction;
  let clip: Buffer;
  beforeAll(async () => {
    detector = await startFunction();
    clip = await readFile(await makeFaceClip(clips, 'face.mp4', { durationS: 2 }));
  });
  afterAll(() => detector.stop());

  test('examines a clip', async () => {
    const { payload, functionError } = await detector.invoke(apiEvent(clip));

    expect(functionError).toBeUndefined();
    const { status, body } = answerOf(payload);
    expect(status, JSON.stringify(body)).toBe(200);
    const detection = detectionSchema.parse(body);
    expect(detection.faces).toHaveLength(1);
    expect(detection.analysis.frames_with_face).toBeGreaterThan(0);
    expect(detection.id).toBe('request-1');
  });

  test.each([
    ['webm', ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8']],
    ['mkv', ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error']],
    ['ts', ['-c:v', 'libx264', '-preset', 'ultrafast']],
    ['avi', ['-c:v', 'mpeg4']],
    ['mov', ['-c:v', 'prores_ks', '-pix_fmt', 'yuv422p10le']],
    ['mp4', ['-c:v', 'libaom-av1', '-cpu-used', '8', '-row-mt', '1']],
    ['mkv', ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8']],
    ['avi', ['-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p']],
  ])('decodes .%s made with %j', async (extension, encode) => {
    const path = await makeFaceClip(clips, `format.${extension}`, { durationS: 1, encode });

    const { status, body } = answerOf((await detector.invoke(apiEvent(await readFile(path)))).payload);

    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.faces).toHaveLength(1);
  });

  test('refuses a clip larger than a request may hold', async () => {
    const path = await makeFaceClip(clips, 'large.mp4');
    await truncate(path, 4_450_000);

    const { status, body } = answerOf((await detector.invoke(apiEvent(await readFile(path)))).payload);

    expect(status).toBe(413);
    expect(body).toMatchObject({ code: 'file_too_large' });
    expect(body.detail).toContain('/uploads');
  });

  test('is not reached by an event larger than Lambda takes', async () => {
    const sent = detector.invoke(apiEvent(Buffer.alloc(5_000_000)));

    await expect(sent).rejects.toMatchObject({ name: 'RequestTooLargeException' });
  });

  test('refuses a broken clip', async () => {
    const { status, body } = answerOf(
      (await detector.invoke(apiEvent(clip.subarray(0, clip.length / 2)))).payload,
    );

    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'undecodable_video', request_id: 'request-1' });
  });

  test('answers before its time is up and works on afterwards', async () => {
    const path = await makeFaceClip(clips, 'long.mp4', { durationS: 30, fps: 30, size: '1280x720' });
    const long = await readFile(path);
    detector.server.timeoutMs = 1700;

    const late = answerOf((await detector.invoke(apiEvent(long))).payload);
    detector.server.timeoutMs = 29_000;
    const next = answerOf((await detector.invoke(apiEvent(clip))).payload);

    expect(late).toMatchObject({ status: 504, body: { code: 'deadline_exceeded' } });
    expect(next.status).toBe(200);
    const [processes] = [execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })];
    expect(processes.split('\n').filter((line) => line.startsWith('/opt/bin/ffmpeg'))).toEqual([]);
  });

  test('writes its log as JSON and its metrics in EMF', () => {
    const lines = detector.container
      .log()
      .split('\n')
      .flatMap((line) => /\{.*\}/.exec(line)?.[0] ?? [])
      .map((line) => JSON.parse(line));

    expect(detector.container.log()).not.toMatch(/telemetry/i);
    expect(lines).toContainEqual(expect.objectContaining({ route: '/detect_deepfake', status: 200 }));
    const metrics = lines.filter((line) => line._aws);
    expect(metrics).toContainEqual(expect.objectContaining({ Clips: 1, service: 'detect-deepfake' }));
  });
});

describe('process-upload in the same image', () => {
  let processor: RunningFunction;
  beforeAll(async () => {
    processor = await startFunction(['process-upload.handler']);
    processor.server.timeoutMs = 300_000;
  });
  afterAll(() => processor.stop());

  async function upload(id: string, body: Buffer): Promise<void> {
    await s3.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `uploads/${id}`, Body: body }));
  }

  async function outcomeOf(id: string): Promise<Record<string, unknown>> {
    const found = await s3.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: `results/${id}.json` }));
    return JSON.parse(await found.Body!.transformToString());
  }

  test('writes the outcome of an uploaded clip, once', async () => {
    await upload('clip-1', await readFile(await makeFaceClip(clips, 'upload.mp4')));

    const first = await processor.invoke(sqsEvent('uploads/clip-1'));
    const written = await s3.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'results/clip-1.json' }));
    const second = await processor.invoke(sqsEvent('uploads/clip-1'));
    const after = await s3.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'results/clip-1.json' }));

    expect([first.payload, second.payload]).toEqual([{ batchItemFailures: [] }, { batchItemFailures: [] }]);
    expect(await outcomeOf('clip-1')).toMatchObject({ status: 'done', result: { id: 'clip-1' } });
    expect(after.LastModified).toEqual(written.LastModified);
  });

  test('writes what is wrong with a broken clip', async () => {
    await upload('broken', Buffer.from('this is no video'));

    const { payload } = await processor.invoke(sqsEvent('uploads/broken'));

    expect(payload).toEqual({ batchItemFailures: [] });
    expect(await outcomeOf('broken')).toMatchObject({
      status: 'failed',
      error: { code: 'unsupported_media' },
    });
  });

  test('gives back a message it cannot make sense of', async () => {
    const { payload } = await processor.invoke(sqsEvent('elsewhere/clip'));

    expect(payload).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
  });
});

describe('examine-archive-item in the same image', () => {
  test('examines a clip of an archive and keeps the outcome', async () => {
    const examiner = await startFunction(['examine-archive-item.handler']);
    examiner.server.timeoutMs = 300_000;
    const clip = await readFile(await makeFaceClip(clips, 'archived.mp4'));
    await s3.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'footage/a.mp4', Body: clip }));

    const { payload } = await examiner.invoke({ archive: 'test', bucket: BUCKET, key: 'footage/a.mp4' });
    await examiner.stop();

    expect(payload).toMatchObject({ file: `s3://${BUCKET}/footage/a.mp4`, status: 'done' });
  });
});
