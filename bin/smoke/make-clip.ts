import { execFile } from 'node:child_process';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findFfmpeg } from '../../layers/detection/ffmpeg.ts';

const face = fileURLToPath(new URL('../../test/fixtures/astronaut.png', import.meta.url));

/** Two seconds of a face, H.264 in MP4, some tens of kilobytes. */
export async function makeClip(env: NodeJS.ProcessEnv): Promise<Blob> {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'smoke-'));
  const path = join(dir.path, 'face.mp4');
  const ffmpeg = findFfmpeg({ configured: env.FFMPEG_PATH });
  await promisify(execFile)(ffmpeg, [
    ...['-nostdin', '-v', 'error', '-loop', '1', '-framerate', '15', '-t', '2', '-i', face],
    ...['-c:v', 'libx264', '-pix_fmt', 'yuv420p', path],
  ]);
  return new Blob([await readFile(path)], { type: 'video/mp4' });
}
