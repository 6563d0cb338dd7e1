import { appendFile, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectionSchema } from '../../../layers/api/schemas.ts';
import { makeFaceClip } from '../../support/make-clips.ts';
import { jsonLines, runBin } from '../../support/run-bin.ts';
import { startTestServer, type TestServer } from '../../support/start-test-server.ts';

const apiKey = 'key-of-the-test';

let dir: string;
let face: string;
let server: TestServer;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'detect-api-'));
  face = await makeFaceClip(dir, 'face.mp4');
  server = await startTestServer({ apiKeys: [apiKey], maxClipBytes: 200_000 });
});

afterAll(async () => {
  await server.close();
  await rm(dir, { recursive: true });
});

function detect(args: string[], env: NodeJS.ProcessEnv = { DETECT_API_KEY: apiKey }) {
  return runBin('detect.ts', ['--json', '--api', server.url, ...args], { env });
}

/** The clip of the face with a box of `bytes` at its end that says it is free space (ISO/IEC 14496-12, 8.1.2). */
async function paddedClip(name: string, bytes: number): Promise<string> {
  const path = join(dir, name);
  const box = Buffer.alloc(bytes);
  box.writeUInt32BE(bytes);
  box.write('free', 4);
  await copyFile(face, path);
  await appendFile(path, box);
  return path;
}

/** What the server was asked, as its log has it. */
function routesSince(start: number): string[] {
  return server.logged.slice(start).flatMap((line) => JSON.parse(line).route ?? []);
}

describe('detect through an API', () => {
  it('sends a small clip in one request and prints what came back', async () => {
    const start = server.logged.length;

    const result = await detect([face, '--operating-point', 'sensitive', '--include', 'frames']);

    expect(result).toMatchObject({ status: 0, stderr: '' });
    const { file, ...response } = jsonLines(result)[0]!;
    expect(file).toBe(face);
    const detection = detectionSchema.strict().parse(response);
    expect(detection.threshold.operating_point).toBe('sensitive');
    expect(detection.frames?.length).toBeGreaterThan(0);
    expect(routesSince(start)).toEqual(['/detect_deepfake']);
  });

  it('uploads a clip the service finds too large for a request, and waits for the result', async () => {
    const middling = await paddedClip('middling.mp4', 200_000);
    const start = server.logged.length;

    const result = await detect([middling]);

    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(jsonLines(result)[0]).toMatchObject({ file: middling, analysis: { frames_with_face: 10 } });
    expect(server.logged[start]).toContain('"status":413');
    expect(routesSince(start)).toEqual(expect.arrayContaining(['/uploads', '/detections/{upload_id}']));
  });

  it('uploads a clip that is too large for any request at once, and asks about the upload', async () => {
    const large = await paddedClip('large.mp4', 4_400_000);
    const start = server.logged.length;

    const result = await detect([large, '--operating-point', 'strict']);

    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(jsonLines(result)[0]).toMatchObject({ file: large, threshold: { operating_point: 'strict' } });
    const routes = routesSince(start);
    expect(routes.indexOf('/uploads')).toBeLessThan(routes.indexOf('/detect_deepfake'));
  });

  it("passes on the service's problem, of a request and of an upload", async () => {
    const text = join(dir, 'text.mp4');
    const longText = join(dir, 'long-text.mp4');
    await writeFile(text, 'this is no video');
    await writeFile(longText, 'this is no video'.repeat(20_000));

    const result = await detect([text, longText]);

    expect(result.status).toBe(1);
    expect(jsonLines(result)).toEqual([
      { file: text, error: expect.objectContaining({ code: 'unsupported_media', status: 415 }) },
      { file: longText, error: expect.objectContaining({ code: 'unsupported_media', status: 415 }) },
    ]);
  });

  it('says that the key is missing or wrong', async () => {
    const missing = await detect([face], { DETECT_API_KEY: undefined });
    const wrong = await detect([face, '--api-key', 'another-key']);

    expect(missing.status).toBe(1);
    expect(jsonLines(missing)[0]).toMatchObject({ error: { code: 'unauthorized' } });
    expect(wrong.status).toBe(1);
    expect(jsonLines(wrong)[0]).toMatchObject({ error: { code: 'forbidden' } });
  });

  it('says that nobody answers at the address', async () => {
    const result = await runBin('detect.ts', [face, '--api', 'http://127.0.0.1:9']);

    expect(result.status).toBe(1);
    expect(result.stdout).toContain('face.mp4: not examined: fetch failed');
  });

  it('asks again when the service is busy, and understands answers of the gateway itself', async () => {
    const answers = [
      { status: 429, headers: { 'retry-after': '0' }, body: '{"message":"Too Many Requests"}' },
      { status: 504, headers: {}, body: '{"message":"Endpoint request timed out"}' },
    ];
    const paths: string[] = [];
    await using gateway = createServer((request, response) => {
      paths.push(request.url!);
      const { status, headers, body } = answers[paths.length - 1]!;
      request.resume().on('end', () => response.writeHead(status, headers).end(body));
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    const { port } = gateway.address() as AddressInfo;

    const result = await runBin('detect.ts', ['--json', '--api', `http://127.0.0.1:${port}/prod/`, face]);

    expect(paths).toEqual(['/prod/detect_deepfake', '/prod/detect_deepfake']);
    expect(jsonLines(result)[0]).toMatchObject({
      error: { code: 'deadline_exceeded', status: 504, detail: 'Endpoint request timed out' },
    });
  });
});
