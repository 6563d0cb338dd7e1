import { randomUUID } from 'node:crypto';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { APIGatewayProxyResult } from 'aws-lambda';
import { type ApiHandlerConfig, apiHandler } from '../../layers/api/api-handler.ts';
import { ApiError } from '../../layers/api/errors.ts';
import { clipTooLarge } from '../../layers/api/read-clip.ts';
import { routes } from '../../layers/api/routes.ts';
import type { DiskStore } from '../../layers/storage/disk-store.ts';
import { createKeyCheck } from './api-keys.ts';
import { checkHost } from './check-host.ts';
import type { Handlers } from './create-handlers.ts';
import { matchRoute, type RouteMatch } from './match-route.ts';
import type { ServeOptions } from './options.ts';
import { createContext, toProxyEvent } from './proxy-event.ts';
import { receiveBody } from './receive-body.ts';
import { FORM_OVERHEAD_BYTES, receiveUpload } from './receive-upload.ts';
import type { Turns } from './turns.ts';
import { loadWebPage } from './web-page.ts';

/** Where uploads are posted to; S3 has its own address for that. */
export const UPLOAD_PATH = '/local-uploads';
const MAX_JSON_BYTES = 64 * 1024;

export interface RequestListenerDeps {
  options: ServeOptions;
  handlers: Handlers;
  store: DiskStore;
  turns: Turns;
  /** Where the bodies of requests wait. */
  tempDir: string;
  apiConfig: ApiHandlerConfig;
  /** Aborted when the server stops and may wait no longer. */
  stopSignal: AbortSignal;
}

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

interface Call {
  request: IncomingMessage;
  url: URL;
  requestId: string;
  signal: AbortSignal;
}

/** Plays API Gateway: turns each request into an event for its handler, and the handler's result into the response. */
export function createRequestListener({
  options,
  handlers,
  store,
  turns,
  tempDir,
  apiConfig,
  stopSignal,
}: RequestListenerDeps): RequestListener {
  const checkKey = createKeyCheck(options.apiKeys);
  const sendWebFile = loadWebPage(new URL('../../web/', import.meta.url));

  return async (request, response) => {
    const clientGone = new AbortController();
    response.on('close', () => clientGone.abort());
    const call = {
      request,
      url: URL.parse(request.url ?? '/', 'http://local') ?? new URL('http://local/'),
      requestId: randomUUID(),
      signal: AbortSignal.any([clientGone.signal, stopSignal]),
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
  };

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
      maxBytes: options.maxClipBytes + FORM_OVERHEAD_BYTES,
      tooLarge: () => clipTooLarge(options.maxClipBytes),
    });
    using _turn = await turns.take(call.signal);
    const event = toProxyEvent({ ...call, match, body: await readFile(path) });
    const context = createContext(match.name, call.requestId, options.timeoutS * 1000, call.signal);
    return await handlers.routes.detectDeepfake(event, context);
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
    return await handlers.routes[match.name](event, context);
  }
}

function preflight(): APIGatewayProxyResult {
  const headers = {
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'content-type, x-api-key',
    'access-control-max-age': '600',
  };
  return { statusCode: 204, headers, body: '' };
}
