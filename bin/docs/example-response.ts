import { execFileSync } from 'node:child_process';
import { openAsBlob } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFfmpeg } from '../../layers/detection/ffmpeg.ts';
import { optionsSchema } from '../serve/options.ts';
import { startServer } from '../serve/server.ts';

const portrait = fileURLToPath(new URL('../../test/fixtures/astronaut.png', import.meta.url));

/** The README's command that makes a clip to try: 10 seconds, 300 frames, 1080p, a portrait that the camera passes. */
const clipArguments = [
  ...['-loop', '1', '-framerate', '30', '-t', '10', '-i', portrait],
  ...['-vf', "scale=1920:-1,crop=1920:1080:0:'(ih-oh)*t/30'", '-pix_fmt', 'yuv420p'],
];

/** What the local server really answers to that clip, as the JSON that the README shows. */
export async function exampleResponse(env: NodeJS.ProcessEnv): Promise<string> {
  const ffmpeg = findFfmpeg({ configured: env.FFMPEG_PATH });
  await using dir = await mkdtempDisposable(join(tmpdir(), 'docs-'));
  const clip = join(dir.path, 'clip.mp4');
  execFileSync(ffmpeg, ['-nostdin', '-v', 'error', ...clipArguments, clip]);

  const server = await startServer(optionsSchema.parse({ port: 0, ffmpeg }), silent);
  try {
    const body = new FormData();
    body.set('video', await openAsBlob(clip), 'clip.mp4');
    const response = await fetch(new URL('/detect_deepfake', server.url), { method: 'POST', body });
    const text = await response.text();
    if (!response.ok) throw new Error(`The example clip was refused: ${text}`);
    return JSON.stringify(JSON.parse(text), null, 2);
  } finally {
    await server.close();
  }
}

const silent = { info: () => {}, warn: () => {}, error: () => {} };
