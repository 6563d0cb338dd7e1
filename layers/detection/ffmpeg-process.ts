import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { abortError, throwIfAborted } from './abort.ts';
import { DetectionError } from './errors.ts';
import type { Limits } from './limits.ts';

export interface FfmpegOptions {
  ffmpegPath: string;
  limits: Limits;
  signal?: AbortSignal | undefined;
}

/** A running ffmpeg. Whoever starts one calls `stop` in the end, whatever happened. */
export interface FfmpegProcess {
  stdout: Readable;
  /**
   * Wait for the end.
   * @returns the exit status.
   * @throws {DetectionError} `deadline_exceeded`; the signal's reason when aborted; an Error when ffmpeg did not start.
   */
  finish(): Promise<number>;
  /** Kill it if it still runs and wait until it is gone. */
  stop(): Promise<void>;
}

const shell = '/bin/sh';
// `exec` keeps the process id, so that killing the child kills ffmpeg itself. Where the address space cannot be
// bounded (macOS) the limit is left out.
const boundedExec = 'ulimit -v "$1" 2>/dev/null; shift; exec "$@"';

/** Start ffmpeg with no input but its arguments; each line of its log goes to `onLog`. */
export function startFfmpeg(
  args: readonly string[],
  options: FfmpegOptions,
  onLog: (line: string) => void,
): FfmpegProcess {
  const { ffmpegPath, limits, signal } = options;
  throwIfAborted(signal);
  const child = spawnBounded(ffmpegPath, args, limits.maxDecoderBytes);

  let failure: unknown;
  const kill = (reason: unknown) => {
    failure ??= reason;
    child.kill('SIGKILL');
  };
  const onAbort = () => kill(abortError(signal!));
  signal?.addEventListener('abort', onAbort, { once: true });
  const tooLong = new DetectionError(
    'deadline_exceeded',
    `Decoding took more than ${limits.maxDecodeS} seconds.`,
  );
  const timer = setTimeout(() => kill(tooLong), limits.maxDecodeS * 1000);

  const closed = new Promise<number>((resolve) => {
    child.once('error', (error) => {
      failure ??= new Error(`ffmpeg could not be started (${ffmpegPath}): ${error.message}`, {
        cause: error,
      });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(code ?? -1);
    });
  });
  const log = createInterface({ input: child.stderr, crlfDelay: Infinity }).on('line', onLog);
  const logged = once(log, 'close');

  return {
    stdout: child.stdout,
    async finish() {
      const [status] = await Promise.all([closed, logged]);
      if (status === 126 || status === 127) {
        failure ??= new Error(`ffmpeg could not be started: ${ffmpegPath}`);
      }
      if (failure) {
        throw failure;
      }
      return status;
    },
    async stop() {
      child.kill('SIGKILL');
      child.stdout.destroy();
      await closed;
    },
  };
}

function spawnBounded(
  ffmpegPath: string,
  args: readonly string[],
  maxBytes: number,
): ChildProcessByStdio<null, Readable, Readable> {
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  if (!existsSync(shell)) {
    return spawn(ffmpegPath, args, { stdio });
  }
  const kibibytes = String(Math.floor(maxBytes / 1024));
  return spawn(shell, ['-c', boundedExec, shell, kibibytes, ffmpegPath, ...args], { stdio });
}
