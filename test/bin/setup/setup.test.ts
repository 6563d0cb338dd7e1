import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findFfmpeg } from '../../../layers/detection/ffmpeg.ts';

const bin = fileURLToPath(new URL('../../../bin', import.meta.url));
const runningFfmpeg = onPath(findFfmpeg({ configured: process.env.FFMPEG_PATH }));

let dir: string;
let project: string;
let programs: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'setup-'));
  project = join(dir, 'project');
  programs = join(dir, 'programs');
  mkdirSync(programs);
  for (const program of ['node', 'npm', 'sh', 'env']) symlinkSync(onPath(program), join(programs, program));
  makeProject();
});

afterEach(() => rmSync(dir, { recursive: true }));

/** A project with the real set-up script, and one package: a "node" from a tarball, so that npm needs no network. */
function makeProject(): void {
  cpSync(bin, join(project, 'bin'), { recursive: true });
  lockNode('24.0.0');
}

/** Lock the package "node" to a version; its program answers --version with it. */
function lockNode(version: string): void {
  const tarball = `file:node-${version}.tgz`;
  const bin = { node: 'node.sh' };
  const devDependencies = { node: tarball };
  mkdirSync(join(project, 'package'), { recursive: true });
  writeJson('package/package.json', { name: 'node', version, bin });
  writeFileSync(join(project, 'package/node.sh'), `#!/bin/sh\necho v${version}\n`);
  execFileSync('tar', ['-czf', `node-${version}.tgz`, 'package'], { cwd: project });
  writeJson('package.json', { name: 'project', version: '1.0.0', devDependencies });
  writeLock({
    '': { name: 'project', version: '1.0.0', devDependencies },
    'node_modules/node': { version, resolved: tarball, dev: true, bin },
  });
}

function writeLock(packages: object): void {
  writeJson('package-lock.json', { name: 'project', version: '1.0.0', lockfileVersion: 3, packages });
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(join(project, path), JSON.stringify(value));
}

/** Put a shell script among the programs that the set-up can see. */
function addProgram(name: string, script: string): void {
  const path = join(programs, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

function addFfmpeg(): void {
  symlinkSync(runningFfmpeg, join(programs, 'ffmpeg'));
}

/** Run the set-up with an empty home, no npm cache and no programs but those. */
function setUp(env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  const home = mkdtempSync(join(dir, 'home-'));
  return spawnSync(join(programs, 'node'), [join(project, 'bin/setup.mjs')], {
    cwd: dir,
    encoding: 'utf8',
    env: { PATH: programs, HOME: home, npm_config_offline: 'true', ...env },
  });
}

function onPath(program: string): string {
  return spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim();
}

describe('packages', () => {
  beforeEach(addFfmpeg);

  it('are installed when they are missing, also with an empty home and NODE_ENV=production', () => {
    const { status, stdout, stderr } = setUp({ NODE_ENV: 'production' });

    expect(stderr).toMatch(/^Installing packages with npm ci/);
    expect(status).toBe(0);
    expect(stdout).toBe('');
    expect(existsSync(join(project, 'node_modules/.bin/node'))).toBe(true);
  });

  it('are left alone, without a word, when they are there', () => {
    setUp();
    writeFileSync(join(project, 'node_modules/mark'), '');

    const { status, stdout, stderr } = setUp();

    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(existsSync(join(project, 'node_modules/mark'))).toBe(true);
  });

  it('are installed anew when package-lock.json has changed', () => {
    setUp();
    lockNode('24.1.0');

    const { status, stderr } = setUp();

    expect(stderr).toMatch(/^Installing packages/);
    expect(status).toBe(0);
    expect(readFileSync(join(project, 'node_modules/.package-lock.json'), 'utf8')).toContain('24.1.0');
    expect(setUp().stderr).toBe('');
  });

  it('are installed anew when an installation was cut short', () => {
    setUp();
    rmSync(join(project, 'node_modules/.bin'), { recursive: true });

    const { status, stderr } = setUp();

    expect(stderr).toMatch(/^Installing packages/);
    expect(status).toBe(0);
  });

  it("that npm cannot install end the set-up, with npm's words", () => {
    writeLock({ '': {} });

    const { status, stderr } = setUp();

    expect(status).toBe(1);
    expect(stderr).toContain('npm error');
    expect(stderr).toContain('The packages could not be installed; npm says why above.');
  });
});

describe('ffmpeg', () => {
  beforeEach(() => {
    addFfmpeg();
    setUp();
    rmSync(join(programs, 'ffmpeg'));
  });

  it('may be the one FFMPEG_PATH names', () => {
    const { status, stderr } = setUp({ FFMPEG_PATH: runningFfmpeg });

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('is not replaced in silence when FFMPEG_PATH is wrong', () => {
    addFfmpeg();

    const { status, stderr } = setUp({ FFMPEG_PATH: '/nowhere/ffmpeg' });

    expect(status).toBe(1);
    expect(stderr).toBe(
      'FFMPEG_PATH is /nowhere/ffmpeg, and that is no ffmpeg that runs. Correct it, or unset it.\n',
    );
  });

  it('may be that of the package ffmpeg-static, as long as it runs', () => {
    const folder = join(project, 'node_modules/ffmpeg-static');
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'index.js'),
      'module.exports = require("node:path").join(__dirname, "ffmpeg");',
    );
    const missing = setUp();
    symlinkSync(runningFfmpeg, join(folder, 'ffmpeg'));
    const present = setUp();

    expect(missing.status).toBe(1);
    expect(present).toMatchObject({ status: 0, stderr: '' });
  });

  it("is installed from Debian's package where that works without asking", () => {
    addProgram('sudo', '[ "$1" = -n ] && shift; exec "$@"');
    addProgram(
      'apt-get',
      `echo "$DEBIAN_FRONTEND $@" >> ${dir}/calls\ncase "$1" in install) ${onPath('ln')} -s ${runningFfmpeg} ${programs}/ffmpeg;; esac`,
    );

    const { status, stderr } = setUp();

    expect(stderr).toBe("Installing Debian's ffmpeg package with apt-get ...\n");
    expect(status).toBe(0);
    const calls = readFileSync(join(dir, 'calls'), 'utf8');
    expect(calls).toContain('noninteractive update -qq\n');
    expect(calls).toContain('noninteractive install -y -qq --no-install-recommends ffmpeg\n');
    expect(setUp().stderr).toBe('');
  });

  it.each([
    ['there is no apt-get', () => {}],
    ['apt-get fails', () => addProgram('apt-get', '[ "$1" = --version ]')],
  ])('is asked for in plain words when %s', (_case, prepare) => {
    addProgram('sudo', '[ "$1" = -n ] && shift; exec "$@"');
    prepare();

    const { status, stderr } = setUp();

    expect(status).toBe(1);
    expect(stderr).toContain('No ffmpeg was found, and it could not be installed here.');
    expect(stderr).toContain('sudo apt-get install ffmpeg');
    expect(stderr).toContain('brew install ffmpeg');
    expect(stderr).toContain('FFMPEG_PATH');
  });

  it.skipIf(process.getuid?.() === 0)('is not installed where sudo would ask for a password', () => {
    addProgram('sudo', 'exit 1');
    addProgram('apt-get', `echo "$@" >> ${dir}/calls`);

    expect(setUp().status).toBe(1);
    expect(readFileSync(join(dir, 'calls'), 'utf8')).toBe('--version\n');
  });
});
