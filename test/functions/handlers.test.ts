import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { findFfmpeg } from '../../layers/detection/ffmpeg.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

const environment = {
  PATH: process.env.PATH,
  AWS_REGION: 'eu-central-1',
  BUCKET_NAME: 'clips',
  MODELS_DIR: `${root}models`,
  FFMPEG_PATH: findFfmpeg({ configured: process.env.FFMPEG_PATH }),
};

/** Load a function's module as Lambda does, in a process of its own, and evaluate `script` with its `handler`. */
async function load(name: string, env: Record<string, string | undefined>, script: string): Promise<string> {
  const code = `const { handler } = await import('./functions/${name}/handler.ts'); ${script}; process.exit(0);`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], { cwd: root, env });
  return stdout.trim().split('\n').at(-1)!;
}

describe('the module Lambda loads', () => {
  test.each([
    'create-upload',
    'detect-deepfake',
    'get-detection',
    'get-health',
    'get-openapi',
    'process-upload',
  ])('%s exports its handler', async (name) => {
    expect(await load(name, environment, 'console.log(typeof handler)')).toBe('function');
  });

  test.each(['create-upload', 'detect-deepfake', 'get-detection', 'process-upload'])(
    '%s names a missing variable',
    async (name) => {
      await expect(load(name, { ...environment, BUCKET_NAME: '' }, '')).rejects.toThrow('BUCKET_NAME');
    },
  );

  test('get-health answers', async () => {
    const script = `const event = { requestContext: {}, headers: {}, httpMethod: 'GET' };
      console.log((await handler(event, { awsRequestId: 'id' })).body)`;
    expect(JSON.parse(await load('get-health', environment, script))).toEqual({
      status: 'ok',
      api_version: '1',
    });
  });
});
