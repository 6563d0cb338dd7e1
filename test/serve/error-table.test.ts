import { openAsBlob } from 'node:fs';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ErrorCode, errorTable } from '../../layers/api/errors.ts';
import { makeFaceClip, makeTestPictureClip } from '../support/make-clips.ts';
import { type Answer, startTestServer, type TestServer } from '../support/start-test-server.ts';

const KEY = 'correct-horse-battery';

let dir: string;
let server: TestServer;
let clip: Blob;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'deepfake-clips-'));
  const path = await makeFaceClip(dir, 'face.mp4');
  clip = await openAsBlob(path);
  server = await startTestServer({ maxClipBytes: clip.size });
});

afterAll(async () => {
  await server.close();
  await rm(dir, { recursive: true });
});

describe('400 no_video', () => {
  test('a form without any part', async () => {
    const answer = await server.call('/detect_deepfake', { method: 'POST', body: new FormData() });
    expectProblem(answer, 'no_video');
  });

  test('the clip in a part of another name, which the detail tells', async () => {
    const answer = await server.detect(clip, { part: 'file' });
    expectProblem(answer, 'no_video');
    expect(answer.body.detail).toContain('"file"');
  });

  test('an empty file', async () => {
    expectProblem(await server.detect(new Blob([])), 'no_video');
  });

  test('no body at all', async () => {
    expectProblem(await server.call('/detect_deepfake', { method: 'POST' }), 'no_video');
  });
});

describe('400 malformed_request', () => {
  test('a multipart body that ends inside the clip', async () => {
    const head = '--edge\r\ncontent-disposition: form-data; name="video"; filename="a.mp4"\r\n\r\n';
    const body = new Blob([head, clip.slice(0, clip.size / 2)]);
    expectProblem(await post(body, 'multipart/form-data; boundary=edge'), 'malformed_request');
  });

  test('a multipart body that ends inside a part that is not wanted', async () => {
    const head = '--edge\r\ncontent-disposition: form-data; name="other"; filename="a.mp4"\r\n\r\nabc';
    expectProblem(await post(new Blob([head]), 'multipart/form-data; boundary=edge'), 'malformed_request');
  });

  test('a multipart body without a boundary', async () => {
    expectProblem(await post(clip, 'multipart/form-data'), 'malformed_request');
  });

  test('a body that is not JSON although it says so', async () => {
    expectProblem(await post(new Blob(['{"upload_id":']), 'application/json'), 'malformed_request');
  });

  test.each(['../../etc/passwd', '', 'a/b', '.hidden', 'x'.repeat(200)])(
    'the upload id %j',
    async (uploadId) => {
      const body = new Blob([JSON.stringify({ upload_id: uploadId })]);
      expectProblem(await post(body, 'application/json'), 'malformed_request');
    },
  );

  test.each(['include=everything', 'operating_point=lenient', 'includes=frames'])(
    'the query %s',
    async (query) => {
      expectProblem(await server.detect(clip, { query: `?${query}` }), 'malformed_request');
    },
  );

  test('an upload of something that is no video', async () => {
    const answer = await server.call('/uploads', { method: 'POST', body: '{"content_type":"text/html"}' });
    expectProblem(answer, 'malformed_request');
  });
});

describe('keys', () => {
  let locked: TestServer;
  beforeAll(async () => {
    locked = await startTestServer({ apiKeys: [KEY] });
  });
  afterAll(() => locked.close());

  test.each([
    ['POST', '/detect_deepfake', '/detect_deepfake'],
    ['POST', '/uploads', '/uploads'],
    ['GET', '/detections/abc', '/detections/{upload_id}'],
  ])('%s %s asks for one', async (method, path, route) => {
    expectProblem(await locked.call(path, { method, route }), 'unauthorized');
    const headers = { 'x-api-key': `${KEY}!` };
    expectProblem(await locked.call(path, { method, route, headers }), 'forbidden');
  });

  test('the right one lets pass', async () => {
    const answer = await locked.call('/uploads', { method: 'POST', headers: { 'x-api-key': KEY } });
    expect(answer.status).toBe(201);
  });

  test.each(['/health', '/openapi.json'])('%s asks for none', async (path) => {
    expect((await locked.call(path)).status).toBe(200);
  });
});

describe('404, 405 and 409', () => {
  test('an unknown address', async () => {
    expectProblem(await server.call('/nothing'), 'not_found');
  });

  test('an upload nobody asked for', async () => {
    const route = '/detections/{upload_id}';
    expectProblem(await server.call('/detections/0123456789abcdef', { route }), 'not_found');
    expectProblem(await server.call('/detections/..%2f..%2fsecret', { route }), 'not_found');
    const body = new Blob(['{"upload_id":"0123456789abcdef"}']);
    expectProblem(await post(body, 'application/json'), 'not_found');
  });

  test('a method that is not offered, with the offered ones', async () => {
    const answer = await server.call('/detect_deepfake', { method: 'DELETE' });
    expectProblem(answer, 'method_not_allowed');
    expect(answer.headers.get('allow')).toBe('POST');
  });

  test('an upload that has not arrived', async () => {
    const { body } = await server.call('/uploads', { method: 'POST' });
    const request = new Blob([JSON.stringify({ upload_id: body.upload_id })]);
    expectProblem(await post(request, 'application/json'), 'upload_incomplete');
  });
});

describe('413 file_too_large', () => {
  test('a clip of exactly the limit is examined', async () => {
    expect((await server.detect(clip)).status).toBe(200);
  });

  test('one byte more is refused, and told where to go', async () => {
    const answer = await server.detect(new Blob([clip, 'x']));
    expectProblem(answer, 'file_too_large');
    expect(answer.body.detail).toContain('POST /uploads');
    expect(answer.body.detail).toContain(clip.size.toLocaleString('en-US'));
  });

  test('one byte more as a raw body', async () => {
    expectProblem(await post(new Blob([clip, 'x']), 'video/mp4'), 'file_too_large');
  });

  test('a body far over the limit whose size nobody announced', async () => {
    const chunk = new Uint8Array(64 * 1024);
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(chunk),
    });
    const init = { method: 'POST', body: stream, duplex: 'half', headers: { 'content-type': 'video/mp4' } };
    const response = await fetch(new URL('/detect_deepfake', server.url), init as RequestInit);
    expect(response.status).toBe(413);
  });
});

describe('415 unsupported_media', () => {
  test('a text file named .mp4', async () => {
    expectProblem(await server.detect(new Blob(['Not a film.\n'.repeat(100)])), 'unsupported_media');
  });

  test('a body of another type', async () => {
    expectProblem(await post(clip, 'application/x-www-form-urlencoded'), 'unsupported_media');
  });
});

describe('422', () => {
  let roomy: TestServer;
  beforeAll(async () => {
    roomy = await startTestServer();
  });
  afterAll(() => roomy.close());

  test('undecodable_video: a file cut in half', async () => {
    const path = join(dir, 'cut.mp4');
    await writeFile(path, await readFile(await makeFaceClip(dir, 'whole.mp4')));
    await truncate(path, Math.round((await openAsBlob(path)).size / 2));
    expectProblem(await roomy.detect(await openAsBlob(path)), 'undecodable_video');
  });

  test('clip_too_long: 61 seconds', async () => {
    const path = await makeTestPictureClip(dir, 'long.mp4', { durationS: 61, fps: 5 });
    expectProblem(await roomy.detect(await openAsBlob(path)), 'clip_too_long');
  });

  test('clip_too_short: one picture', async () => {
    const path = await makeTestPictureClip(dir, 'short.mp4', { durationS: 0.1 });
    expectProblem(await roomy.detect(await openAsBlob(path)), 'clip_too_short');
  });

  test('resolution_too_large: more than 4K', async () => {
    const path = await makeTestPictureClip(dir, 'large.mp4', { durationS: 0.4, size: '4096x2304' });
    expectProblem(await roomy.detect(await openAsBlob(path)), 'resolution_too_large');
  });
});

describe('the server’s own faults', () => {
  test('429 too_many_requests: no place left, with the time to wait', async () => {
    const small = await startTestServer({ concurrency: 1, queue: 0 });
    const slow = await openAsBlob(
      await makeTestPictureClip(dir, 'slow.mp4', { durationS: 10, fps: 30, size: '1280x720' }),
    );
    const first = small.detect(slow);
    await vi.waitFor(async () => expect(await small.requestFiles()).not.toEqual([]), {
      timeout: 10_000,
      interval: 2,
    });

    const second = await small.detect(clip);

    expectProblem(second, 'too_many_requests');
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await first).status).toBe(200);
    await small.close();
  });

  test('500 internal_error: the folder of the store is gone, and the answer does not tell where it was', async () => {
    const data = join(dir, 'data');
    const broken = await startTestServer({ data });
    await rm(join(data, 'tickets'), { recursive: true });
    const answer = await broken.call('/uploads', { method: 'POST' });
    expectProblem(answer, 'internal_error');
    expect(JSON.stringify(answer.body)).not.toContain(data);
    expect(broken.logged.join('\n')).toContain(answer.body.request_id);
    await broken.close();
  });

  test('503 model_unavailable: no models', async () => {
    const empty = await startTestServer({ models: dir });
    expectProblem(await empty.detect(clip), 'model_unavailable');
    await empty.close();
  });

  test('504 deadline_exceeded: a clip that takes longer than there is time', async () => {
    const hasty = await startTestServer({ timeoutS: 2 });
    const path = await makeTestPictureClip(dir, 'heavy.mp4', { durationS: 10, fps: 30, size: '1920x1080' });
    expectProblem(await hasty.detect(await openAsBlob(path)), 'deadline_exceeded');
    await hasty.close();
  });
});

function post(body: Blob, contentType: string): Promise<Answer> {
  return server.call('/detect_deepfake', { method: 'POST', body, headers: { 'content-type': contentType } });
}

function expectProblem({ status, headers, body }: Answer, code: ErrorCode): void {
  expect(body).toMatchObject({ code, status: errorTable[code].status, title: errorTable[code].title });
  expect(status).toBe(errorTable[code].status);
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(headers.get('x-request-id')).toBe(body.request_id);
}
