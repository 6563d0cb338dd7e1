import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** What `docker inspect` shows of an image's configuration. */
export interface ImageConfig {
  User: string;
  Env: string[];
  Entrypoint: string[];
  Cmd: string[];
  WorkingDir: string;
}

export interface FunctionContainer {
  /** Everything the function has written so far. */
  log(): string;
  /** Exit status once it has ended. */
  exited: Promise<number | null>;
  stop(): Promise<void>;
}

export interface ContainerOptions {
  /** Folder that holds the image's files. */
  root: string;
  config: ImageConfig;
  /** In place of the image's CMD. */
  command?: string[];
  /** In place of the image's ENTRYPOINT. */
  entrypoint?: string[];
  environment?: Record<string, string>;
}

// As Lambda runs it: the image read-only, /tmp the only place to write, the user of the image, no privileges.
const isolated = `
mount --make-rprivate /
mount --bind "$ROOT" "$ROOT"
mount -o remount,bind,ro "$ROOT"
mount -t proc proc "$ROOT/proc"
mount --rbind /dev "$ROOT/dev"
mount -t tmpfs -o mode=1777,size=1g tmpfs "$ROOT/tmp"
exec chroot --userspec="$RUN_AS" "$ROOT" /usr/bin/env --ignore-environment --chdir="$WORKDIR" "$@"
`;

/** Start a function's container, the image's own ENTRYPOINT, CMD, ENV, USER and WORKDIR applied. Needs root. */
export function startContainer(options: ContainerOptions): FunctionContainer {
  const { root, config } = options;
  const environment = [
    ...config.Env,
    ...Object.entries(options.environment ?? {}).map(([name, value]) => `${name}=${value}`),
  ];
  const command = [...(options.entrypoint ?? config.Entrypoint), ...(options.command ?? config.Cmd)];
  const child = spawn(
    'unshare',
    ['--mount', '--pid', '--fork', 'sh', '-ec', isolated, 'sh', ...environment, ...command],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, to be ended as a whole: changing the user takes the child from under unshare's --kill-child.
      detached: true,
      env: {
        PATH: process.env.PATH,
        ROOT: root,
        RUN_AS: config.User,
        WORKDIR: config.WorkingDir,
      },
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const exited = once(child, 'close').then(([status]) => status as number | null);
  return { log: () => output, exited, stop: () => stop(child, exited) };
}

async function stop(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL');
  await exited;
}
