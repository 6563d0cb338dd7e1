import { DetectionError } from './errors.ts';

/** What to throw for an aborted signal: its reason, a timeout (`AbortSignal.timeout`) as `deadline_exceeded`. */
export function abortError(signal: AbortSignal): unknown {
  const { reason } = signal;
  return reason instanceof Error && reason.name === 'TimeoutError'
    ? new DetectionError('deadline_exceeded', 'The clip could not be examined in the time allowed.', {
        cause: reason,
      })
    : reason;
}

/** @throws {DetectionError} `deadline_exceeded` when the signal timed out, else the signal's reason when aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw abortError(signal);
  }
}
