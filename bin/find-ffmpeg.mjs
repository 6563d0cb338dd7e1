import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

/**
 * Find an ffmpeg that runs: the package ffmpeg-static's, else FFMPEG_PATH, else the `ffmpeg` on PATH.
 * Plain JavaScript without dependencies, because the set-up script needs it before anything is installed.
 *
 * @param {Record<string, string | undefined>} env the environment to look in
 * @returns {string | undefined} its absolute path, or FFMPEG_PATH as it was given; undefined when there is none
 */
export function findFfmpeg(env) {
  const candidates = [packagedFfmpeg(), env.FFMPEG_PATH, ...onPath('ffmpeg', env)];
  return candidates.find((candidate) => candidate && isFfmpeg(candidate));
}

function packagedFfmpeg() {
  try {
    return createRequire(import.meta.url)('ffmpeg-static') ?? undefined;
  } catch {
    return undefined; // an optional package: its download may have failed
  }
}

/**
 * @param {string} name
 * @param {Record<string, string | undefined>} env
 */
function onPath(name, env) {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, file));
}

/** @param {string} path */
function isFfmpeg(path) {
  const run = spawnSync(path, ['-hide_banner', '-version'], { encoding: 'utf8', timeout: 10_000 });
  return run.status === 0 && run.stdout.startsWith('ffmpeg version');
}
