import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { loadDetector } from '../../functions/load-detector.ts';
import type { Log } from '../../layers/api/log.ts';
import { createDetector } from '../../layers/detection/index.ts';
import { createDiskStore } from '../../layers/storage/disk-store.ts';
import { BadUsage } from '../common/bad-usage.ts';
import { createHandlers } from './create-handlers.ts';
import type { ServeOptions } from './options.ts';
import { createRequestListener, UPLOAD_PATH } from './request-listener.ts';
import { createTurns } from './turns.ts';
import { createUploadQueue } from './upload-queue.ts';

const UPLOAD_EXPIRES_S = 900;
const CLEAN_EVERY_MS = 60_000;
/** How long requests that are under way may take to end once the server is told to stop. */
const GRACE_MS = 25_000;

export interface LocalServer {
  /** Where the server listens, such as http://127.0.0.1:5000 */
  url: string;
  /** Let the requests under way end, stop those that do not, and remove everything temporary. */
  close(): Promise<void>;
}

/** Start the API and its page on this machine, over the handlers that run on AWS. */
export async function startServer(options: ServeOptions, log: Log): Promise<LocalServer> {
  const workDir = await mkdtemp(join(options.tempDir, 'deepfake-detection-'));
  const tempDir = join(workDir, 'requests');
  await mkdir(tempDir);
  const store = await createDiskStore({
    dir: options.data ?? join(workDir, 'data'),
    uploadUrl: UPLOAD_PATH,
    maxUploadBytes: options.maxUploadBytes,
    uploadExpiresS: UPLOAD_EXPIRES_S,
    retainS: options.retainS,
  });
  const detector = loadDetector(() =>
    createDetector({
      modelsDir: options.models,
      ffmpegPath: options.ffmpeg,
      framesSampled: options.frames,
      limits: { maxBytes: Math.max(options.maxUploadBytes, options.maxClipBytes) },
    }),
  );
  detector().catch((error) => log.error('the models could not be loaded', { error }));

  const stopping = new AbortController();
  const turns = createTurns(options);
  const { operatingPoint, maxClipBytes, corsOrigins } = options;
  const apiConfig = { log, corsOrigins };
  const handlers = createHandlers({
    detector,
    store,
    config: { maxClipBytes, operatingPoint, tempDir },
    apiConfig,
  });
  const uploads = createUploadQueue({
    handler: handlers.processUpload,
    turns,
    log,
    signal: stopping.signal,
  });
  store.events.on('uploaded', uploads.add);
  await store.removeExpired();
  for (const uploadId of await store.listPending()) uploads.add(uploadId);

  const cleaning = setInterval(() => {
    store.removeExpired().catch((error) => log.error('cleaning failed', { error }));
  }, CLEAN_EVERY_MS).unref();

  const answer = createRequestListener({
    options,
    handlers,
    store,
    turns,
    tempDir,
    apiConfig,
    stopSignal: stopping.signal,
  });
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 300_000 }, (request, response) => {
    answer(request, response).catch((error) => {
      log.error('response not sent', { error });
      response.destroy();
    });
  });
  try {
    await listen(server, options);
  } catch (error) {
    await close();
    throw error;
  }
  return { url: urlOf(server), close };

  async function close(): Promise<void> {
    clearInterval(cleaning);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const grace = setTimeout(() => stopping.abort(), GRACE_MS);
    await closed;
    clearTimeout(grace);
    stopping.abort();
    await uploads.drained();
    await detector().then(
      (loaded) => loaded.close(),
      () => undefined,
    );
    await rm(workDir, { recursive: true, force: true });
  }
}

async function listen(server: Server, { port, host }: ServeOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(port, host, resolve);
  await promise.catch((error: NodeJS.ErrnoException) => {
    throw new BadUsage(
      `Cannot listen on ${host}, port ${port} (${error.code}). Choose another with --port or --host.`,
    );
  });
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
