import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createContext } from '../../../bin/serve/proxy-event.ts';
import { createDetectDeepfakeHandler } from '../../../functions/detect-deepfake/detect-deepfake.ts';
import { detectionSchema } from '../../../layers/api/schemas.ts';
import { createDetector, type Detector, findFfmpeg } from '../../../layers/detection/index.ts';
import type { Store } from '../../../layers/storage/store.ts';
import { makeFaceClip } from '../../support/make-clips.ts';
import { jsonLines, runBin } from '../../support/run-bin.ts';

const models = fileURLToPath(new URL('../../../models', import.meta.url));
const silent = { info: () => {}, warn: () => {}, error: () => {} };

let dir: string;
let face: string;
let detector: Detector;
let lambda: Server;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'detect-lambda-'));
  face = await makeFaceClip(dir, 'face.mp4');
  detector = await createDetector({
    modelsDir: models,
    ffmpegPath: findFfmpeg({ configured: process.env.FFMPEG_PATH }),
  });
  lambda = await startLambda();
});

afterAll(async () => {
  lambda.closeAllConnections();
  await new Promise((resolve) => lambda.close(resolve));
  await detector.close();
  await rm(dir, { recursive: true });
});

/** Lambda's Invoke operation over HTTP, with the real handler behind the function "detector". */
async function startLambda(): Promise<Server> {
  const handler = createDetectDeepfakeHandler({
    detector: async () => detector,
    store: {} as Store, // clips inside an event never touch it
    config: { maxClipBytes: 4_400_000, operatingPoint: 'balanced', tempDir: dir },
    log: silent,
  });
  const server = createServer(async (request, response) => {
    const name = request.url?.match(/^\/2015-03-31\/functions\/([^/]+)\/invocations$/)?.[1];
    const event = JSON.parse((await buffer(request)).toString());
    if (name === 'detector') {
      const result = await handler(event, createContext('detector', 'request-1', 60_000));
      response.end(JSON.stringify(result));
    } else if (name === 'crashing') {
      response.setHeader('x-amz-function-error', 'Unhandled');
      response.end(JSON.stringify({ errorType: 'Runtime.OutOfMemory', errorMessage: 'out of memory' }));
    } else {
      response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' });
      response.end(JSON.stringify({ Message: `Function not found: ${name}` }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function detect(functionName: string, args: string[]) {
  const { port } = lambda.address() as AddressInfo;
  return runBin('detect.ts', ['--json', '--function', functionName, ...args], {
    env: {
      AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${port}`,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
  });
}

describe('detect through a Lambda function', () => {
  it('prints the answer of the handler', async () => {
    const result = await detect('detector', [
      face,
      '--operating-point',
      'strict',
      '--include',
      'frames,faces',
    ]);

    expect(result).toMatchObject({ status: 0, stderr: '' });
    const { file, ...response } = jsonLines(result)[0]!;
    expect(file).toBe(face);
    const detection = detectionSchema.strict().parse(response);
    expect(detection.threshold.operating_point).toBe('strict');
    expect(detection.frames?.length).toBeGreaterThan(0);
  });

  it("passes on the handler's problem", async () => {
    const text = join(dir, 'text.mp4');
    await writeFile(text, 'this is no video');

    const result = await detect('detector', [text]);

    expect(result.status).toBe(1);
    expect(jsonLines(result)[0]).toMatchObject({ file: text, error: { code: 'unsupported_media' } });
  });

  it('says why a function that crashed or does not exist gave no answer', async () => {
    const crashed = await detect('crashing', [face]);
    const missing = await detect('nobody', [face]);

    expect(crashed.status).toBe(1);
    expect(jsonLines(crashed)[0]).toMatchObject({ error: { detail: 'The function failed: out of memory.' } });
    expect(missing.status).toBe(1);
    expect(jsonLines(missing)[0]).toMatchObject({ error: { detail: 'Function not found: nobody' } });
  });

  it('does not try to send a clip that no invocation carries', async () => {
    const large = join(dir, 'large.mp4');
    await writeFile(large, Buffer.alloc(4_400_001));

    const result = await detect('nobody', [large]);

    expect(jsonLines(result)[0]).toMatchObject({ error: { code: 'file_too_large' } });
  });
});
