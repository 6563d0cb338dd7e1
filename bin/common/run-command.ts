import { DetectionError } from '../../layers/detection/errors.ts';
import { BadUsage } from './bad-usage.ts';

/** The exit status of a command that was interrupted, as shells count it. */
const INTERRUPTED = 130;

/**
 * Run a command to its exit status. Ctrl-C aborts the signal, and again ends the process at once; bad usage is told
 * without a stack trace and ends with 2.
 */
export async function runCommand(command: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const interruption = new AbortController();
  process.once('SIGINT', () => interruption.abort());
  process.once('SIGTERM', () => interruption.abort());
  // A closed pipe (| head) is no failure of ours; there is just nobody left to tell, and no reason to go on.
  let pipeClosed = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    pipeClosed = true;
    interruption.abort();
  });
  try {
    process.exitCode = await command(interruption.signal);
  } catch (error) {
    if (interruption.signal.aborted) {
      process.exitCode = pipeClosed ? 0 : INTERRUPTED;
    } else if (error instanceof BadUsage) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 2;
    } else if (error instanceof DetectionError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    } else {
      throw error;
    }
  }
}
