import { ApiError } from './errors.ts';

/**
 * Run `work` with a signal that is aborted after `milliseconds`, or as soon as the client goes away.
 * @throws {ApiError} `deadline_exceeded` when the time ran out
 */
export async function withDeadline<Result>(
  milliseconds: number,
  clientSignal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const timeout = AbortSignal.timeout(Math.max(0, Math.round(milliseconds)));
  const signal = clientSignal ? AbortSignal.any([timeout, clientSignal]) : timeout;
  try {
    return await work(signal);
  } catch (error) {
    if (timeout.aborted) throw new ApiError('deadline_exceeded', undefined, { cause: error });
    throw error;
  }
}
