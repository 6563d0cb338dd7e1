import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

interface Invocation {
  id: string;
  payload: Buffer;
  respond: (status: number, body: Buffer, functionError?: string) => void;
}

export interface RuntimeServer {
  /** host:port of the Runtime API, for AWS_LAMBDA_RUNTIME_API. */
  address: string;
  /** Base URL of the Invoke API, for @aws-sdk/client-lambda. */
  endpoint: string;
  /** Milliseconds an invocation has. */
  timeoutMs: number;
  close(): Promise<void>;
}

/** Lambda's largest payload of a synchronous invocation, in bytes. */
const maxPayload = 6 * 1024 * 1024;

/**
 * Lambda's two sides in one small server: the Invoke API for a client and the Runtime API for the function.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export async function startRuntimeServer(): Promise<RuntimeServer> {
  const waiting: Invocation[] = [];
  const running = new Map<string, Invocation>();
  let idle: ((invocation: Invocation) => void) | undefined;

  const http = createServer((request, response) => {
    handle(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  // The function asks for its next invocation and waits as long as it takes.
  http.requestTimeout = 0;
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = `127.0.0.1:${(http.address() as AddressInfo).port}`;
  const server: RuntimeServer = {
    address,
    endpoint: `http://${address}`,
    timeoutMs: 29_000,
    async close() {
      http.close();
      http.closeAllConnections();
      await once(http, 'close');
    },
  };
  return server;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    if (request.method === 'POST' && /^\/2015-03-31\/functions\/[^/]+\/invocations/.test(path)) {
      return invoke(request, response);
    }
    if (path === '/2018-06-01/runtime/invocation/next') return next(response);
    const [, id, kind] = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    const body = await buffer(request);
    const invocation = running.get(id ?? '');
    if (invocation) {
      running.delete(invocation.id);
      invocation.respond(200, body, kind === 'error' ? 'Unhandled' : undefined);
    }
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
  }

  async function invoke(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const payload = await buffer(request);
    const respond: Invocation['respond'] = (status, body, functionError) => {
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(functionError && { 'x-amz-function-error': functionError }),
      });
      response.end(body);
    };
    if (payload.length > maxPayload) {
      const message = `Request must be smaller than ${maxPayload} bytes for the InvokeFunction operation`;
      response.setHeader('x-amzn-errortype', 'RequestTooLargeException');
      respond(413, Buffer.from(JSON.stringify({ Type: 'User', message })));
      return;
    }
    const invocation: Invocation = { id: randomUUID(), payload, respond };
    if (idle) {
      const take = idle;
      idle = undefined;
      take(invocation);
    } else {
      waiting.push(invocation);
    }
  }

  function next(response: ServerResponse): void {
    const take = (invocation: Invocation) => {
      running.set(invocation.id, invocation);
      response.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': invocation.id,
        'lambda-runtime-deadline-ms': String(Date.now() + server.timeoutMs),
        'lambda-runtime-invoked-function-arn':
          'arn:aws:lambda:eu-central-1:123456789012:function:detector:live',
      });
      response.end(invocation.payload);
    };
    const first = waiting.shift();
    if (first) take(first);
    else idle = take;
  }
}
