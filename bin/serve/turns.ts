import { ApiError } from '../../layers/api/errors.ts';

export interface Turns {
  /**
   * Take a place in the queue, to be left by disposing of it.
   * @throws {ApiError} `too_many_requests` when all places are taken
   */
  enter(): Disposable;
  /** Wait for one's turn, which lasts until it is disposed of. Rejects with the signal's reason when it is aborted. */
  take(signal: AbortSignal): Promise<Disposable>;
}

/** So many clips are examined at once and so many requests may wait; in the order in which they came. */
export function createTurns({ concurrency, queue }: { concurrency: number; queue: number }): Turns {
  const waiting = new Set<() => void>();
  let running = 0;
  let inside = 0;

  return {
    enter() {
      if (inside >= concurrency + queue) {
        throw new ApiError('too_many_requests', 'Too many clips are waiting. Try again in a few seconds.', {
          headers: { 'retry-after': '5' },
        });
      }
      inside += 1;
      return { [Symbol.dispose]: once(() => (inside -= 1)) };
    },
    async take(signal) {
      signal.throwIfAborted();
      if (running >= concurrency) await queueUp(signal);
      else running += 1;
      return { [Symbol.dispose]: once(passOn) };
    },
  };

  function queueUp(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting.delete(start);
        reject(signal.reason);
      };
      const start = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      waiting.add(start);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  function passOn() {
    const [next] = waiting;
    if (!next) {
      running -= 1;
      return;
    }
    waiting.delete(next);
    next();
  }
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
