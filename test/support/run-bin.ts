import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface BinResult {
  /** Null when a signal ended the process. */
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface RunningBin {
  process: ChildProcess;
  result: Promise<BinResult>;
}

/** Start a command of bin/ as a process of its own, with output that is no terminal. */
export function startBin(
  name: string,
  args: string[],
  { env, cwd }: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): RunningBin {
  const path = fileURLToPath(new URL(`../../bin/${name}`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
  });
  const result = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[status], stdout, stderr]) => ({ status, stdout, stderr }),
  );
  return { process: child, result };
}

/** Run a command of bin/ to its end. */
export function runBin(...args: Parameters<typeof startBin>): Promise<BinResult> {
  return startBin(...args).result;
}

/** The JSON objects that a command printed, one a line. */
export function jsonLines({ stdout }: BinResult): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
