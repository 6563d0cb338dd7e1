import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import {
  type DetectionResponse,
  detectionSchema,
  detectionStateSchema,
  healthSchema,
  problemSchema,
  uploadSchema,
} from '../../layers/api/schemas.ts';
import type { Authorize } from './authorize.ts';

export interface Target {
  /** Address of the API with its stage, without a slash at the end. */
  url: string;
  authorize: Authorize;
  clip: Blob;
  /** Longest time the examination of an upload may take, in milliseconds. */
  patienceMs?: number;
}

export interface Check {
  name: string;
  /** @throws {Error} that says what was not as it should be */
  run: (target: Target) => Promise<void>;
}

/** More than a request may hold, whoever refuses it first. */
const TOO_LARGE = 8_000_000;
const POLL_MS = 1000;

/** Every route of the service, with the answer it owes. */
export const checks: Check[] = [
  {
    name: 'GET /health',
    async run({ url }) {
      const response = await fetch(`${url}/health`);
      expectStatus(response, 200);
      healthSchema.parse(await response.json());
    },
  },
  {
    name: 'GET /openapi.json',
    async run({ url }) {
      const response = await fetch(`${url}/openapi.json`);
      expectStatus(response, 200);
      const document = (await response.json()) as { openapi?: string };
      assert.match(document.openapi ?? '', /^3\.1\./);
    },
  },
  {
    name: 'POST /detect_deepfake without credentials',
    async run({ url, clip }) {
      const response = await fetch(`${url}/detect_deepfake`, { method: 'POST', body: clip });
      await expectProblem(response, 401, 'unauthorized');
    },
  },
  {
    name: 'POST /detect_deepfake as multipart/form-data',
    async run(target) {
      const form = new FormData();
      form.append('video', target.clip, 'face.mp4');
      await expectDetection(await send(target, '/detect_deepfake', { body: form }), target.clip);
    },
  },
  {
    name: 'POST /detect_deepfake as video/mp4, with frames',
    async run(target) {
      const response = await send(target, '/detect_deepfake?include=frames', { body: target.clip });
      const detection = await expectDetection(response, target.clip);
      assert.equal(detection.frames?.length, detection.analysis.frames_sampled);
    },
  },
  {
    name: 'POST /detect_deepfake with something that is no video',
    async run(target) {
      const body = new Blob(['this is no video'], { type: 'video/mp4' });
      await expectProblem(await send(target, '/detect_deepfake', { body }), 415, 'unsupported_media');
    },
  },
  {
    name: 'POST /detect_deepfake with more than a request may hold',
    async run(target) {
      const body = new Blob([new Uint8Array(TOO_LARGE)], { type: 'video/mp4' });
      await expectProblem(await send(target, '/detect_deepfake', { body }), 413, 'file_too_large');
    },
  },
  {
    name: 'GET /detections of an upload that does not exist',
    async run(target) {
      const response = await send(target, '/detections/0123456789abcdef', { method: 'GET' });
      await expectProblem(response, 404, 'not_found');
    },
  },
  {
    name: 'POST /uploads, upload, GET /detections, POST /detect_deepfake with upload_id',
    async run(target) {
      const uploadId = await upload(target);
      const result = await waitForResult(target, uploadId);
      assertDetection(result);
      assert.equal(result.id, uploadId);

      const body = JSON.stringify({ upload_id: uploadId });
      const headers = { 'content-type': 'application/json' };
      const response = await send(target, '/detect_deepfake', { body, headers });
      const detection = await expectDetection(response, target.clip);
      assert.equal(detection.score, result.score, 'the same clip has another score');
    },
  },
];

async function upload(target: Target): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ content_type: target.clip.type });
  const response = await send(target, '/uploads', { body, headers });
  expectStatus(response, 201);
  const ticket = uploadSchema.parse(await response.json());
  const form = new FormData();
  for (const [name, value] of Object.entries(ticket.fields)) form.append(name, value);
  form.append('file', target.clip);
  const uploaded = await fetch(ticket.url, { method: 'POST', body: form });
  assert.ok(uploaded.ok, `the upload was answered with ${uploaded.status}: ${await uploaded.text()}`);
  return ticket.upload_id;
}

async function waitForResult(target: Target, uploadId: string): Promise<DetectionResponse> {
  const deadline = Date.now() + (target.patienceMs ?? 120_000);
  for (;;) {
    const response = await send(target, `/detections/${uploadId}`, { method: 'GET' });
    expectStatus(response, 200);
    const state = detectionStateSchema.parse(await response.json());
    if (state.status === 'done') return state.result;
    assert.notEqual(state.status, 'failed', JSON.stringify(state));
    assert.ok(Date.now() < deadline, `the upload is still ${state.status}`);
    await setTimeout(POLL_MS);
  }
}

async function send({ url, authorize }: Target, path: string, init: RequestInit): Promise<Response> {
  return fetch(await authorize(new Request(`${url}${path}`, { method: 'POST', ...init })));
}

function expectStatus(response: Response, status: number): void {
  assert.equal(response.status, status, `answered with ${response.status} in place of ${status}`);
}

async function expectProblem(response: Response, status: number, code: string): Promise<void> {
  expectStatus(response, status);
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
  assert.equal(problemSchema.parse(await response.json()).code, code);
}

async function expectDetection(response: Response, clip: Blob): Promise<DetectionResponse> {
  const text = await response.text();
  assert.equal(response.status, 200, `answered with ${response.status}: ${text}`);
  const detection = detectionSchema.parse(JSON.parse(text));
  await assertSameClip(detection, clip);
  assertDetection(detection);
  return detection;
}

async function assertSameClip(detection: DetectionResponse, clip: Blob): Promise<void> {
  const sha256 = createHash('sha256')
    .update(Buffer.from(await clip.arrayBuffer()))
    .digest('hex');
  assert.equal(detection.clip.sha256, sha256, 'the clip did not arrive as it was sent');
}

function assertDetection(detection: DetectionResponse): void {
  assert.equal(detection.faces.length, 1, 'the face in the clip was not found');
}
