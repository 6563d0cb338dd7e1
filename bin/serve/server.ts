import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, mkdtempDisposable, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { APIGatewayProxyResult } from 'aws-lambda';
import { createCreateUploadHandler } from '../../functions/create-upload/create-upload.ts';
import { createDetectDeepfakeHandler } from '../../functions/detect-deepfake/detect-deepfake.ts';
import { createGetDetectionHandler } from '../../functions/get-detection/get-detection.ts';
import { createGetHealthHandler } from '../../functions/get-health/get-health.ts';
import { createGetOpenApiHandler } from '../../functions/get-openapi/get-openapi.ts';
import { loadDetector } from '../../functions/load-detector.ts';
import { createProcessUploadHandler } from '../../functions/process-upload/process-upload.ts';
import { type ApiHandler, apiHandler } from '../../layers/api/api-handler.ts';
import { ApiError } from '../../layers/api/errors.ts';
import type { Log } from '../../layers/api/log.ts';
import { clipTooLarge } from '../../layers/api/read-clip.ts';
import { type RouteName, routes } from '../../layers/api/routes.ts';
import { createDetector } from '../../layers/detection/index.ts';
import { createDiskStore } from '../../layers/storage/disk-store.ts';
import { BadUsage } from '../common/bad-usage.ts';
import { createKeyCheck } from './api-keys.ts';
import { checkHost } from './check-host.ts';
import { matchRoute, type RouteMatch } from './match-route.ts';
import type { ServeOptions } from './options.ts';
import { createContext, toProxyEvent } from './proxy-event.ts';
import { receiveBody } from './receive-body.ts';
import { FORM_OVERHEAD_BYTES, receiveUpload } from './receive-upload.ts';
import { createTurns } from './turns.ts';
import { createUploadQueue } from './upload-queue.ts';
import { loadWebPage } from './web-page.ts';

const UPLOAD_PATH = '/local-uploads';
const UPLOAD_EXPIRES_S = 900;
const MAX_JSON_BYTES = 64 * 1024;
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
  const checkKey = createKeyCheck(options.apiKeys);
  const sendWebFile = loadWebPage(new URL('../../web/', import.meta.url));
  const { operatingPoint, maxClipBytes, corsOrigins } = options;
  const apiConfig = { log, corsOrigins };
  const handlers: Record<RouteName, ApiHandler> = {
    detectDeepfake: createDetectDeepfakeHandler({
      detector,
      store,
      config: { maxClipBytes, operatingPoint, tempDir },
      ...apiConfig,
    }),
    createUpload: createCreateUploadHandler({ store, ...apiConfig }),
    getDetection: createGetDetectionHandler({ store, ...apiConfig }),
    getHealth: createGetHealthHandler(apiConfig),
    getOpenApi: createGetOpenApiHandler(apiConfig),
  };
  const uploads = createUploadQueue({
    handler: createProcessUploadHandler({ detector, store, config: { operatingPoint, tempDir }, log }),
    turns,
    log,
    signal: stopping.signal,
  });
  store.events.on('uploaded', uploads.add);
  for (const uploadId of await store.listPending()) uploads.add(uploadId);

  const cleaning = setInterval(() => {
    store.removeExpired().catch((error) => log.error('cleaning failed', { error }));
  }, CLEAN_EVERY_MS).unref();

  const server = createServer({ headersTimeout: 10_000, requestTimeout: 300_000 }, (request, response) => {
    serve(request, response).catch((error) => {
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

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const clientGone = new AbortController();
    response.on('close', () => clientGone.abort());
    const call = {
      request,
      url: URL.parse(request.url ?? '/', 'http://local') ?? new URL('http://local/'),
      requestId: randomUUID(),
      signal: AbortSignal.any([clientGone.signal, stopping.signal]),
    };
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && sendWebFile(call.url.pathname, response)) return;
    const result = await respond(call).catch((error) =>
      atEdge(call, async () => {
        throw error;
      }),
    );
    if (response.destroyed) return;
    response.writeHead(result.statusCode, result.headers as Record<string, string>);
    response.end(result.body);
  }

  async function respond(call: Call): Promise<APIGatewayProxyResult> {
    const { request, url } = call;
    checkHost(request.headers.host, options.host);
    if (request.method === 'OPTIONS') return atEdge(call, async () => preflight());
    if (request.method === 'POST' && url.pathname === UPLOAD_PATH) {
      return atEdge(call, async () => {
        await receiveUpload(request, store, options.maxUploadBytes);
        return { statusCode: 204, body: '' };
      });
    }
    const match = matchRoute(request.method ?? 'GET', url.pathname);
    if (routes[match.name].secured) checkKey(request.headers['x-api-key']?.toString());
    return match.name === 'detectDeepfake' ? examine(call, match) : handle(call, match);
  }

  /** Answer something that has no handler of its own, with everything around it that handlers have. */
  function atEdge(call: Call, work: () => Promise<APIGatewayProxyResult>): Promise<APIGatewayProxyResult> {
    const context = createContext('edge', call.requestId, options.timeoutS * 1000, call.signal);
    return apiHandler(work, apiConfig)(toProxyEvent(call), context);
  }

  async function examine(call: Call, match: RouteMatch): Promise<APIGatewayProxyResult> {
    using _place = turns.enter();
    // The body waits on disk, not in memory: a slow or a waiting client costs no turn and no room.
    await using dir = await mkdtempDisposable(join(tempDir, 'request-'));
    const path = join(dir.path, 'body');
    await receiveBody(call.request, path, {
      maxBytes: maxClipBytes + FORM_OVERHEAD_BYTES,
      tooLarge: () => clipTooLarge(maxClipBytes),
    });
    using _turn = await turns.take(call.signal);
    const event = toProxyEvent({ ...call, match, body: await readFile(path) });
    const context = createContext(match.name, call.requestId, options.timeoutS * 1000, call.signal);
    return await handlers.detectDeepfake(event, context);
  }

  async function handle(call: Call, match: RouteMatch): Promise<APIGatewayProxyResult> {
    await using dir = await mkdtempDisposable(join(tempDir, 'request-'));
    const path = join(dir.path, 'body');
    await receiveBody(call.request, path, {
      maxBytes: MAX_JSON_BYTES,
      tooLarge: () => new ApiError('file_too_large', 'The body is too large for this address.'),
    });
    const event = toProxyEvent({ ...call, match, body: await readFile(path) });
    const context = createContext(match.name, call.requestId, options.timeoutS * 1000, call.signal);
    return await handlers[match.name](event, context);
  }

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

interface Call {
  request: IncomingMessage;
  url: URL;
  requestId: string;
  signal: AbortSignal;
}

function preflight(): APIGatewayProxyResult {
  const headers = {
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'content-type, x-api-key',
    'access-control-max-age': '600',
  };
  return { statusCode: 204, headers, body: '' };
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
