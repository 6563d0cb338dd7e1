import { execFile } from 'node:child_process';
import { openAsBlob } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeFaceClip, makeTestPictureClip } from '../support/make-clips.ts';
import { startTestServer, type TestServer } from '../support/start-test-server.ts';

const run = promisify(execFile);

let dir: string;
let path: string;
let clip: Blob;
let server: TestServer;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'deepfake-clips-'));
  path = await makeFaceClip(dir, 'face.mp4');
  clip = await openAsBlob(path);
  server = await startTestServer({ corsOrigins: ['https://app.example'] });
});

afterAll(async () => {
  await server.close();
  await rm(dir, { recursive: true });
});

describe('POST /detect_deepfake', () => {
  test('answers curl as the README says', async () => {
    const { stdout } = await run('curl', [
      '-s',
      '-X',
      'POST',
      '-F',
      `video=@${path}`,
      `${server.url}/detect_deepfake`,
    ]);
    const detection = JSON.parse(stdout);
    expect(detection).toMatchObject({
      api_version: '1',
      clip: { width: 256, height: 256, codec: 'h264', frame_count: 10 },
      faces: [{ frames: 10 }],
    });
    expect(detection.is_deepfake).toBe(
      { fake: true, real: false, undetermined: null }[detection.verdict as 'fake'],
    );
    expect(detection).not.toHaveProperty('frames');
  });

  test('the same clip has the same score by every way', async () => {
    const form = await server.detect(clip);
    const raw = await server.call('/detect_deepfake', {
      method: 'POST',
      body: clip,
      headers: { 'content-type': 'video/mp4' },
    });
    const { uploadId } = await upload(server, clip);
    const uploaded = await server.call('/detect_deepfake', {
      method: 'POST',
      body: JSON.stringify({ upload_id: uploadId }),
      headers: { 'content-type': 'application/json' },
    });

    expect(raw.body.score).toBe(form.body.score);
    expect(uploaded.body.score).toBe(form.body.score);
    expect(uploaded.body.id).toBe(uploadId);
    expect(form.body.id).toBe(form.headers.get('x-request-id'));
  });

  test('include adds frames, faces through time and a word on the heatmap', async () => {
    const { body } = await server.detect(clip, { query: '?include=frames,faces,heatmap' });
    const times = body.frames.map((frame: { time_s: number }) => frame.time_s);

    expect(body.frames).toHaveLength(body.analysis.frames_sampled);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(body.faces[0].scores).toHaveLength(body.faces[0].frames);
    const heatmap = body.frames[0].faces[0].heatmap;
    if (heatmap) expect(heatmap.values).toHaveLength(heatmap.width * heatmap.height);
    else expect(body.warnings).toContain('This classifier draws no heatmap.');
  });

  test('operating_point picks the thresholds', async () => {
    const { body } = await server.detect(clip, { query: '?operating_point=strict' });
    const card = JSON.parse(await readFile('models/classifier/model.json', 'utf8'));
    expect(body.threshold).toEqual({ operating_point: 'strict', ...card.operating_points.strict });
  });

  test('a clip without a face is never called real', async () => {
    const { body } = await server.detect(
      await openAsBlob(await makeTestPictureClip(dir, 'no-face.mp4', { source: 'color=gray' })),
    );
    expect(body).toMatchObject({
      is_deepfake: null,
      verdict: 'undetermined',
      score: null,
      reasons: ['no_face'],
    });
  });
});

describe('uploads', () => {
  test('a clip larger than a request is examined without anyone asking', async () => {
    const narrow = await startTestServer({ maxClipBytes: 1000 });
    const { uploadId, status } = await upload(narrow, clip);
    expect(status).toBe(204);

    const state = await outcomeOf(narrow, uploadId);

    expect(state).toMatchObject({ status: 'done', result: { id: uploadId, faces: [{ frames: 10 }] } });
    expect(state.result.frames).toHaveLength(10);
    await narrow.close();
  });

  test('what is no video is told as failed', async () => {
    const { uploadId } = await upload(server, new Blob(['Not a film.']));
    const state = await outcomeOf(server, uploadId);
    expect(state).toMatchObject({ status: 'failed', error: { code: 'unsupported_media', status: 415 } });
  });

  test('the form is refused when it is too large, empty, of another type or not allowed', async () => {
    const narrow = await startTestServer({ maxUploadBytes: clip.size });
    expect((await upload(narrow, new Blob([clip, 'x']))).status).toBe(413);
    expect((await upload(narrow, new Blob([]))).status).toBe(400);
    expect((await upload(narrow, clip, { 'Content-Type': 'text/html' })).status).toBe(415);
    expect((await upload(narrow, clip, { key: 'uploads/0123456789abcdef' })).status).toBe(404);
    expect((await upload(narrow, clip, { key: '../../escaped' })).status).toBe(404);
    expect((await upload(narrow, clip)).status).toBe(204);
    await narrow.close();
  });

  test('an upload that is broken off leaves nothing behind', async () => {
    const { body: ticket } = await server.call('/uploads', { method: 'POST' });
    const client = new AbortController();
    const body = new ReadableStream({
      start: (controller) => {
        const head = Object.entries(ticket.fields).map(
          ([name, value]) => `--edge\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
        );
        const file =
          '--edge\r\ncontent-disposition: form-data; name="file"; filename="a.mp4"\r\n\r\nfirst bytes';
        controller.enqueue(new TextEncoder().encode(head.join('') + file));
      },
    });
    const headers = { 'content-type': 'multipart/form-data; boundary=edge' };
    const init = { method: 'POST', body, headers, duplex: 'half', signal: client.signal } as RequestInit;
    const sending = fetch(ticket.url, init);
    await vi.waitFor(async () => expect(await server.incomingFiles()).toHaveLength(1), { timeout: 10_000 });

    client.abort();

    await expect(sending).rejects.toThrow();
    await vi.waitFor(async () => expect(await server.incomingFiles()).toEqual([]), { timeout: 10_000 });
    const state = await server.call(`/detections/${ticket.upload_id}`, { route: '/detections/{upload_id}' });
    expect(state.body).toEqual({ status: 'waiting' });
  });

  test('clips that waited when the server was stopped are examined after the next start', async () => {
    const data = join(dir, 'kept');
    // With the models gone the examination fails, and is tried again, until the server is stopped.
    const first = await startTestServer({ data, models: dir });
    const { uploadId } = await upload(first, clip);
    await first.close();

    const second = await startTestServer({ data });
    expect(await outcomeOf(second, uploadId)).toMatchObject({ status: 'done' });
    await second.close();
  });

  test('a message that always fails is given up after three deliveries', async () => {
    const broken = await startTestServer({ models: dir });
    await upload(broken, clip);
    await vi.waitFor(() => expect(broken.logged.join()).toContain('upload given up'), { timeout: 20_000 });
    expect(broken.logged.filter((line) => line.includes('upload not processed'))).toHaveLength(3);
    await broken.close();
  });
});

describe('many and interrupted requests', () => {
  test('20 clips at once all answer', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => server.detect(clip)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(new Set(answers.map(({ body }) => body.score)).size).toBe(1);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(20);
    await vi.waitFor(async () => expect(await server.requestFiles()).toEqual([]), { timeout: 2000 });
    expect(await ffmpegChildren()).toEqual([]);
  }, 300_000);

  test('going away ends ffmpeg and leaves nothing behind', async () => {
    const slow = await openAsBlob(
      await makeTestPictureClip(dir, 'slow.mp4', { durationS: 30, fps: 30, size: '1280x720' }),
    );
    const client = new AbortController();
    const answer = server.detect(slow, { signal: client.signal });
    await vi.waitFor(async () => expect(await ffmpegChildren()).not.toEqual([]), {
      timeout: 20_000,
      interval: 5,
    });

    client.abort();

    await expect(answer).rejects.toThrow();
    await vi.waitFor(async () => expect(await ffmpegChildren()).toEqual([]), { timeout: 2000 });
    await vi.waitFor(async () => expect(await server.requestFiles()).toEqual([]), { timeout: 2000 });
  });

  test('stopping lets the request under way end and removes everything', async () => {
    const stopped = await startTestServer();
    const answer = stopped.detect(clip);
    await vi.waitFor(async () => expect(await stopped.requestFiles()).not.toEqual([]), { interval: 2 });
    await stopped.close();
    expect((await answer).status).toBe(200);
    await expect(readdir(stopped.tempDir)).rejects.toThrow('ENOENT');
    expect(await ffmpegChildren()).toEqual([]);
  });
});

describe('who may call', () => {
  test('pages of configured origins, and no others', async () => {
    const allowed = await fetch(new URL('/health', server.url), {
      headers: { origin: 'https://app.example' },
    });
    const other = await fetch(new URL('/health', server.url), {
      headers: { origin: 'https://evil.example' },
    });
    const preflight = await fetch(new URL('/detect_deepfake', server.url), {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-headers': 'x-api-key' },
    });
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('x-api-key');
  });

  test('nobody under a name that is not this machine’s', async () => {
    const { hostname, port } = new URL(server.url);
    const status = await new Promise((resolve, reject) => {
      httpRequest({ hostname, port, path: '/health', headers: { host: 'rebound.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });
});

async function upload(
  to: TestServer,
  file: Blob,
  changed: Record<string, string> = {},
): Promise<{ uploadId: string; status: number }> {
  const { body: ticket } = await to.call('/uploads', {
    method: 'POST',
    body: '{"content_type":"video/mp4"}',
  });
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...ticket.fields, ...changed }))
    form.append(name, String(value));
  form.append('file', file);
  const { status } = await fetch(ticket.url, { method: 'POST', body: form });
  return { uploadId: ticket.upload_id, status };
}

async function outcomeOf(of: TestServer, uploadId: string) {
  for (;;) {
    const { body } = await of.call(`/detections/${uploadId}`, { route: '/detections/{upload_id}' });
    if (body.status === 'done' || body.status === 'failed') return body;
    await setTimeout(50);
  }
}

async function ffmpegChildren(): Promise<string[]> {
  const pids = (await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')).split(' ');
  const names = await Promise.all(
    pids.filter(Boolean).map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return names.filter((name) => name.includes('ffmpeg'));
}
