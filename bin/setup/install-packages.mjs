import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Tell whether node_modules holds what package-lock.json asks for, going by the record npm leaves in it.
 *
 * @param {string} root the project's folder
 */
export function packagesAreFresh(root) {
  const wanted = readLock(join(root, 'package-lock.json'));
  const installed = readLock(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !installed) return false;

  return (
    Object.entries(wanted).every(([path, entry]) => isInstalled(path, entry, installed)) &&
    nodeVersion(root) === `v${wanted['node_modules/node']?.version}`
  );
}

/**
 * Install the packages of package-lock.json, exactly.
 *
 * @param {string} root the project's folder
 * @param {NodeJS.ProcessEnv} env
 * @returns {boolean} whether npm succeeded; it has told on stderr what it did
 */
export function installPackages(root, env) {
  // The development packages hold the Node that runs everything, so NODE_ENV=production must not leave them out.
  const args = ['ci', '--include=dev', '--include=optional', '--loglevel=error', '--no-audit', '--no-fund'];
  const run = spawnSync('npm', [...args, '--no-update-notifier'], {
    cwd: root,
    env: {
      ...withoutLocalPackages(env),
      // npm before 11.16 does not know package.json's allowScripts; the script would fetch CUDA libraries.
      ONNXRUNTIME_NODE_INSTALL: 'skip',
    },
    shell: process.platform === 'win32',
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
  });
  return run.status === 0;
}

/**
 * @typedef {{ version?: string, optional?: boolean }} LockEntry
 *
 * @param {string} path
 * @returns {Record<string, LockEntry> | undefined} by folder, without the project itself
 */
function readLock(path) {
  try {
    const { '': _project, ...packages } = JSON.parse(readFileSync(path, 'utf8')).packages;
    return packages;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} path
 * @param {LockEntry} entry
 * @param {Record<string, LockEntry>} installed
 */
function isInstalled(path, entry, installed) {
  const found = installed[path];
  if (!found) return entry.optional === true;
  return found.version === entry.version;
}

/**
 * The version of the Node that the packages brought; it does not run when they were installed for another system.
 *
 * @param {string} root
 */
function nodeVersion(root) {
  const run = spawnSync(join(root, 'node_modules', '.bin', 'node'), ['--version'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  return run.stdout?.trim();
}

/**
 * The environment in which npm runs on the system's own Node and not on the one it is about to replace.
 *
 * @param {NodeJS.ProcessEnv} env
 */
function withoutLocalPackages(env) {
  const name = env.PATH === undefined ? 'Path' : 'PATH';
  const folders = (env[name] ?? '').split(delimiter);
  return { ...env, [name]: folders.filter((folder) => !folder.includes('node_modules')).join(delimiter) };
}
