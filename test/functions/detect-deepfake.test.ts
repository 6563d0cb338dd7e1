import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createContext } from '../../bin/serve/proxy-event.ts';
import {
  createDetectDeepfakeHandler,
  type DetectDeepfakeDeps,
} from '../../functions/detect-deepfake/detect-deepfake.ts';
import { loadDetector } from '../../functions/load-detector.ts';
import { DetectionError } from '../../layers/detection/errors.ts';
import { createDetector, type Detector, findFfmpeg } from '../../layers/detection/index.ts';
import { createDiskStore } from '../../layers/storage/disk-store.ts';
import type { Store } from '../../layers/storage/store.ts';
import { makeFaceClip } from '../support/make-clips.ts';

const TIMEOUT_MS = 60_000;

let dir: string;
let tempDir: string;
let clip: Buffer;
let detector: Detector;
let store: Store;
let logged: { message: string; fields: Record<string, unknown> | undefined }[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'deepfake-detect-'));
  tempDir = await mkdtemp(join(dir, 'temp-'));
  clip = await readFile(await makeFaceClip(dir, 'face.mp4'));
  store = await createDiskStore({
    dir: join(dir, 'store'),
    uploadUrl: '/local-uploads',
    maxUploadBytes: 1_000_000,
    uploadExpiresS: 60,
    retainS: 60,
  });
  const ffmpegPath = findFfmpeg({ configured: process.env.FFMPEG_PATH });
  detector = await createDetector({ modelsDir: 'models', ffmpegPath });
});

afterAll(async () => {
  await detector.close();
  await rm(dir, { recursive: true });
});

beforeEach(() => {
  logged = [];
});

describe('an event of API Gateway', () => {
  test('with a clip in base64 is answered', async () => {
    const { statusCode, body, headers } = await createHandler()(
      rawEvent(),
      createContext('detect', '1', TIMEOUT_MS),
    );
    expect(statusCode).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ id: 'gateway-id', clip: { frame_count: 10 } });
    expect(headers).toMatchObject({ 'x-request-id': 'gateway-id', 'cache-control': 'no-store' });
    expect(await readdir(tempDir)).toEqual([]);
  });

  test('whose headers come in capitals is the same', async () => {
    const event = { ...rawEvent(), headers: { 'Content-Type': 'video/mp4' } };
    expect((await createHandler()(event, createContext('detect', '1', TIMEOUT_MS))).statusCode).toBe(200);
  });

  test('that the gateway has waited for too long gets 504 before the gateway gives up', async () => {
    const handler = createHandler({ gatewayTimeoutMs: 29_000 });
    const requestTimeEpoch = Date.now() - 27_400;
    const started = Date.now();

    const { statusCode, body } = await handler(
      rawEvent({ requestTimeEpoch }),
      createContext('detect', '1', TIMEOUT_MS),
    );

    expect(statusCode).toBe(504);
    expect(JSON.parse(body)).toMatchObject({ code: 'deadline_exceeded', request_id: 'gateway-id' });
    expect(Date.now() - started).toBeLessThan(1600);
    expect(await readdir(tempDir)).toEqual([]);
  });
});

test('the log tells of requests without clips, upload ids or addresses', async () => {
  const event = { ...rawEvent(), headers: { 'content-type': 'video/mp4', 'x-forwarded-for': '203.0.113.9' } };
  await createHandler()(event, createContext('detect', '1', TIMEOUT_MS));
  expect(logged).toEqual([
    {
      message: 'request',
      fields: {
        request_id: 'gateway-id',
        method: 'POST',
        route: '/detect_deepfake',
        status: 200,
        ms: expect.any(Number),
      },
    },
  ]);
});

test('a fault of our own is logged with its cause', async () => {
  const cause = new Error('disk on fire');
  const handler = createHandler({ detector: () => Promise.reject(cause) });
  const { statusCode, body } = await handler(rawEvent(), createContext('detect', '1', TIMEOUT_MS));
  expect(statusCode).toBe(500);
  expect(body).not.toContain('fire');
  expect(logged).toContainEqual({
    message: 'request failed',
    fields: { request_id: 'gateway-id', code: 'internal_error', error: cause },
  });
});

test('each clip is counted in EMF', async () => {
  const metrics = new Metrics({ namespace: 'DeepfakeDetection', serviceName: 'detect-deepfake' });
  const lines: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);

  const { body } = await createHandler({ metrics })(rawEvent(), createContext('detect', '1', TIMEOUT_MS));

  write.mockRestore();
  const emf = JSON.parse(lines.join(''));
  const { timing_ms: timing, verdict } = JSON.parse(body);
  const counted = { fake: 'VerdictFake', real: 'VerdictReal', undetermined: 'VerdictUndetermined' }[
    verdict as 'fake'
  ];
  expect(emf).toMatchObject({ service: 'detect-deepfake', Clips: 1, [counted]: 1 });
  expect(Math.round(emf.DecodeTime)).toBe(timing.decode);
  expect(Math.round(emf.FindFacesTime)).toBe(timing.find_faces);
  expect(Math.round(emf.ClassifyTime)).toBe(timing.classify);
});

describe('loadDetector', () => {
  test('loads once, ahead of the first request', async () => {
    let loads = 0;
    const get = loadDetector(async () => {
      loads += 1;
      return detector;
    });
    expect(loads).toBe(1);
    expect(await Promise.all([get(), get()])).toEqual([detector, detector]);
    expect(loads).toBe(1);
  });

  test('tries again after a failure', async () => {
    const results = [
      Promise.reject(new DetectionError('model_unavailable', 'Not yet.')),
      Promise.resolve(detector),
    ];
    const get = loadDetector(() => results.shift()!);
    await expect(get()).rejects.toThrow('Not yet.');
    expect(await get()).toBe(detector);
  });
});

function createHandler({
  gatewayTimeoutMs,
  ...deps
}: Partial<DetectDeepfakeDeps> & { gatewayTimeoutMs?: number } = {}) {
  const log = (message: string, fields?: Record<string, unknown>) => void logged.push({ message, fields });
  return createDetectDeepfakeHandler({
    detector: async () => detector,
    store,
    config: {
      maxClipBytes: 1_000_000,
      operatingPoint: 'balanced',
      tempDir,
      ...(gatewayTimeoutMs && { gatewayTimeoutMs }),
    },
    log: { info: log, warn: log, error: log },
    ...deps,
  });
}

function rawEvent({ requestTimeEpoch = Date.now() } = {}): APIGatewayProxyEvent {
  return {
    resource: '/detect_deepfake',
    path: '/detect_deepfake',
    httpMethod: 'POST',
    headers: { 'content-type': 'video/mp4' },
    multiValueHeaders: {},
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    body: clip.toString('base64'),
    isBase64Encoded: true,
    requestContext: { requestId: 'gateway-id', requestTimeEpoch } as APIGatewayProxyEvent['requestContext'],
  };
}
