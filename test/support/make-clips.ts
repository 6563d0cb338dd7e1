import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findFfmpeg } from '../../layers/detection/ffmpeg.ts';

const run = promisify(execFile);
const face = fileURLToPath(new URL('../fixtures/astronaut.png', import.meta.url));

/**
 * A clip of the face from the fixtures.
 * @returns its path in `dir`
 */
export async function makeFaceClip(
  dir: string,
  name: string,
  { durationS = 1, fps = 10, size = '256x256', encode = ['-c:v', 'libx264', '-preset', 'ultrafast'] } = {},
): Promise<string> {
  const path = join(dir, name);
  const picture = ['-loop', '1', '-framerate', String(fps), '-t', String(durationS), '-i', face];
  await ffmpeg([
    ...picture,
    '-vf',
    `scale=${size.replace('x', ':')}`,
    '-pix_fmt',
    'yuv420p',
    ...encode,
    path,
  ]);
  return path;
}

/** A clip of ffmpeg's test picture, without a face. */
export async function makeTestPictureClip(
  dir: string,
  name: string,
  { durationS = 1, fps = 10, size = '128x128', source = 'testsrc2=alpha=255' } = {},
): Promise<string> {
  const path = join(dir, name);
  const picture = ['-f', 'lavfi', '-i', `${source}:size=${size}:rate=${fps}:duration=${durationS}`];
  await ffmpeg([...picture, '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', path]);
  return path;
}

async function ffmpeg(args: string[]): Promise<void> {
  await run(findFfmpeg({ configured: process.env.FFMPEG_PATH }), ['-nostdin', '-v', 'error', '-y', ...args]);
}
