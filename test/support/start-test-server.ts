import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { optionsSchema, type ServeOptions } from '../../bin/serve/options.ts';
import { startServer } from '../../bin/serve/server.ts';
import type { Log } from '../../layers/api/log.ts';
import { findFfmpeg } from '../../layers/detection/ffmpeg.ts';
import { expectToMatchOpenApi } from './openapi.ts';

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose shape expectToMatchOpenApi has checked
  body: any;
}

export interface TestServer {
  url: string;
  /** Everything the server writes to disk is below this folder. */
  tempDir: string;
  logged: string[];
  /** Send a request and hold the answer against the OpenAPI document; `route` is its path there when it has parameters. */
  call(path: string, init?: RequestInit & { route?: string }): Promise<Answer>;
  /** POST a file as the part `video`. */
  detect(clip: Blob, options?: { query?: string; part?: string; signal?: AbortSignal }): Promise<Answer>;
  /** What requests under way keep on disk. */
  requestFiles(): Promise<string[]>;
  /** Uploads that are still arriving. */
  incomingFiles(): Promise<string[]>;
  close(): Promise<void>;
}

/** The local server on a free port with real models and a temporary folder of its own. */
export async function startTestServer(options: Partial<ServeOptions> = {}): Promise<TestServer> {
  const tempDir = await mkdtemp(join(tmpdir(), 'deepfake-test-'));
  const ffmpeg = findFfmpeg({ configured: process.env.FFMPEG_PATH });
  const logged: string[] = [];
  const write: Log['info'] = (message, fields) => logged.push(JSON.stringify({ message, ...fields }));
  const log = { info: write, warn: write, error: write };
  const server = await startServer({ ...optionsSchema.parse({ port: 0, ffmpeg, tempDir }), ...options }, log);
  const { url } = server;
  return { url, tempDir, logged, call, detect, requestFiles, incomingFiles, close };

  async function call(
    path: string,
    { route, ...init }: RequestInit & { route?: string } = {},
  ): Promise<Answer> {
    const response = await fetch(new URL(path, url), init);
    const { status, headers } = response;
    const contentType = headers.get('content-type') ?? '';
    const text = await response.text();
    const body = text ? JSON.parse(text) : undefined;
    expectToMatchOpenApi(route ?? path.split('?')[0]!, init.method ?? 'GET', { status, contentType, body });
    return { status, headers, body };
  }

  function detect(
    clip: Blob,
    { query = '', part = 'video', signal }: { query?: string; part?: string; signal?: AbortSignal } = {},
  ): Promise<Answer> {
    const body = new FormData();
    body.append(part, clip, 'clip.mp4');
    return call(`/detect_deepfake${query}`, { method: 'POST', body, ...(signal && { signal }) });
  }

  async function requestFiles(): Promise<string[]> {
    const [workDir] = await readdir(tempDir);
    return readdir(join(tempDir, workDir!, 'requests'));
  }

  async function incomingFiles(): Promise<string[]> {
    const [workDir] = await readdir(tempDir);
    return readdir(join(tempDir, workDir!, 'data', 'incoming'));
  }

  async function close(): Promise<void> {
    await server.close();
    await rm(tempDir, { recursive: true });
  }
}
