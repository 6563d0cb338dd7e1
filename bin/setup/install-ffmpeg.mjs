import { spawnSync } from 'node:child_process';

/**
 * Install Debian's ffmpeg package where that is possible without asking: apt-get is there, and we are root or sudo
 * needs no password.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {(line: string) => void} say told what is about to happen
 * @returns {boolean} whether apt-get succeeded
 */
export function installFfmpeg(env, say) {
  if (!succeeds(['apt-get', '--version'], env, 'ignore')) return false;

  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (sudo.length > 0 && !succeeds([...sudo, 'true'], env, 'ignore')) return false;

  say("Installing Debian's ffmpeg package with apt-get ...");
  const aptGet = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
  return (
    succeeds([...aptGet, 'update', '-qq'], env, 'inherit') &&
    succeeds([...aptGet, 'install', '-y', '-qq', '--no-install-recommends', 'ffmpeg'], env, 'inherit')
  );
}

/**
 * @param {string[]} command
 * @param {NodeJS.ProcessEnv} env
 * @param {'ignore' | 'inherit'} output to stderr, or nowhere
 */
function succeeds([file = '', ...args], env, output) {
  const stream = output === 'inherit' ? process.stderr.fd : 'ignore';
  return spawnSync(file, args, { env, stdio: ['ignore', stream, stream] }).status === 0;
}
