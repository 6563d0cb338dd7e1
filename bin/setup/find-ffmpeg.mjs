import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

/**
 * Find the ffmpeg that the product will use, in the order of layers/detection/ffmpeg.ts, and make sure that it runs:
 * FFMPEG_PATH when it is set, else the package ffmpeg-static's, else the `ffmpeg` on PATH.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined} undefined when there is none
 */
export function findFfmpeg(env) {
  const candidates = env.FFMPEG_PATH ? [env.FFMPEG_PATH] : [packagedFfmpeg(), 'ffmpeg'];
  return candidates.find((candidate) => candidate && isFfmpeg(candidate, env));
}

function packagedFfmpeg() {
  try {
    return createRequire(import.meta.url)('ffmpeg-static');
  } catch {
    return undefined; // an optional package: its download may have failed
  }
}

/**
 * @param {string} path
 * @param {NodeJS.ProcessEnv} env
 */
function isFfmpeg(path, env) {
  const run = spawnSync(path, ['-hide_banner', '-version'], { encoding: 'utf8', env, timeout: 10_000 });
  return run.status === 0 && run.stdout.startsWith('ffmpeg version');
}
