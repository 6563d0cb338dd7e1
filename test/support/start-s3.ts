import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';

export const BUCKET = 'clips';
export const CREDENTIALS = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'example-secret' };
export const REGION = 'eu-central-1';

export interface S3Server {
  fauxqs: FauxqsServer;
  s3: S3Client;
  sqs: SQSClient;
  stop(): Promise<void>;
}

/**
 * S3 and SQS as fauxqs speaks them, behind a proxy for the two things of S3 it leaves out and the product relies on:
 * If-None-Match on a PUT, and the size range in the policy of a POST.
 */
export async function startS3(): Promise<S3Server> {
  const fauxqs = await startFauxqs({ port: 0, host: '127.0.0.1', logger: false });
  fauxqs.createBucket(BUCKET);
  let last: Promise<unknown> = Promise.resolve();
  const proxy = createServer((request, response) => {
    // One after the other, so that two writes with If-None-Match cannot both find nothing there.
    last = last.then(async () => {
      const body = await readAll(request);
      const refusal = (await refuseOverwrite(request)) ?? refuseSize(request, body);
      if (refusal) {
        response.writeHead(refusal.status, { 'content-type': 'application/xml' });
        response.end(`<Error><Code>${refusal.code}</Code><Message>${refusal.code}</Message></Error>`);
        return;
      }
      const answer = await forward(request, body);
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.end(await readAll(answer));
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const shared = { region: REGION, credentials: CREDENTIALS };
  return {
    fauxqs,
    s3: new S3Client({
      ...shared,
      endpoint,
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
    }),
    sqs: new SQSClient({ ...shared, endpoint: fauxqs.address }),
    async stop() {
      await new Promise((resolve) => proxy.close(resolve).closeAllConnections());
      await fauxqs.stop();
    },
  };

  async function refuseOverwrite(request: IncomingMessage) {
    if (request.method !== 'PUT' || request.headers['if-none-match'] !== '*') return undefined;
    const { statusCode } = await forward(
      { ...request, method: 'HEAD', url: request.url, headers: {} },
      Buffer.alloc(0),
    );
    return statusCode === 200 ? { status: 412, code: 'PreconditionFailed' } : undefined;
  }

  function forward(
    { method, url, headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
    body: Buffer,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = new URL(fauxqs.address);
      httpRequest({ hostname, port, method, path: url, headers }, resolve).on('error', reject).end(body);
    });
  }
}

function refuseSize({ method, headers }: IncomingMessage, body: Buffer) {
  if (method !== 'POST' || !headers['content-type']?.startsWith('multipart/form-data')) return undefined;
  const policy = /name="Policy"\r\n\r\n([^\r]+)/.exec(body.toString('latin1'))?.[1] ?? '';
  const { conditions } = JSON.parse(Buffer.from(policy, 'base64').toString());
  const [, least, most] = conditions.find(([name]: [unknown]) => name === 'content-length-range');
  const file = /name="file"[\s\S]*?\r\n\r\n([\s\S]*)\r\n--[^\r]+--/.exec(body.toString('latin1'))?.[1] ?? '';
  if (file.length < least) return { status: 400, code: 'EntityTooSmall' };
  return file.length > most ? { status: 400, code: 'EntityTooLarge' } : undefined;
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await stream.toArray());
}
