import { once } from 'node:events';
import { extname } from 'node:path';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { allOrNone } from './all-or-none.ts';
import { DetectionError, type DetectionErrorCode } from './errors.ts';
import type { ExamineOptions, FrameExamination } from './examine-frame.ts';
import type { ClassifierCard } from './model-card.ts';
import type { ModelCards } from './models.ts';
import type { Frame } from './types.ts';

export interface FrameRequest {
  frame: Frame;
  options: ExamineOptions;
}

export type FrameReply<Value> =
  | { value: Value }
  | { failure: { code: DetectionErrorCode | undefined; message: string; stack: string | undefined } };

/**
 * Threads that examine frames, each with models of its own: onnxruntime-node computes on the thread that asks it to, and
 * what surrounds it takes as long again.
 */
export interface FrameThreads {
  readonly count: number;
  /** Card of the classifier. */
  readonly card: ClassifierCard;
  /** Examine a frame as soon as a thread is free. Its data are gone afterwards. */
  examine(frame: Frame, options: ExamineOptions): Promise<FrameExamination>;
  /** End the threads; none may be at work. */
  close(): Promise<void>;
}

// Beside this module: a source file, or a bundle of its own beside the bundle that has this module.
const entry = new URL(`frame-thread${extname(import.meta.url)}`, import.meta.url);

/**
 * Start `count` threads and wait until they have loaded the models.
 * @throws {DetectionError} `model_unavailable` with the reason.
 */
export async function startFrameThreads(cards: ModelCards, count: number): Promise<FrameThreads> {
  const starting = Array.from({ length: count }, () => startThread(cards));
  const started = await allOrNone(starting, ({ thread }) => endThread(thread));
  const idle = started.map(({ thread }) => thread);
  const waiting: ((thread: Worker) => void)[] = [];
  const take = () => {
    const thread = idle.pop();
    return thread ?? new Promise<Worker>((resolve) => waiting.push(resolve));
  };
  const giveBack = (thread: Worker) => {
    const next = waiting.shift();
    if (next) {
      next(thread);
    } else {
      idle.push(thread);
    }
  };
  return {
    count,
    card: started[0]!.card,
    async examine(frame, options) {
      let thread = await take();
      try {
        if (hasEnded(thread)) {
          ({ thread } = await startThread(cards));
        }
        thread.postMessage({ frame, options } satisfies FrameRequest, [frame.data.buffer as ArrayBuffer]);
        return await nextReply<FrameExamination>(thread);
      } finally {
        giveBack(thread);
      }
    },
    async close() {
      await Promise.all(idle.map(endThread));
    },
  };
}

async function startThread(cards: ModelCards): Promise<{ thread: Worker; card: ClassifierCard }> {
  // Without SHARE_ENV what a thread sets in its environment does not reach native code.
  const thread = new Worker(entry, { workerData: cards, env: SHARE_ENV });
  return { thread, card: await nextReply<ClassifierCard>(thread) };
}

/** Ask it to end: onnxruntime-node ends the whole process when a thread is stopped while it computes. */
async function endThread(thread: Worker): Promise<void> {
  if (!hasEnded(thread)) {
    thread.ref();
    thread.postMessage(null);
    await once(thread, 'exit');
  }
}

function hasEnded(thread: Worker): boolean {
  return thread.threadId < 0;
}

/** A thread that waits for work does not keep the process alive, one that works does. */
async function nextReply<Value>(thread: Worker): Promise<Value> {
  const answered = new AbortController();
  const listening = { signal: answered.signal };
  const ended = once(thread, 'exit', listening).then((): never => {
    throw new Error('A thread that examines frames has ended.');
  });
  thread.ref();
  try {
    const [reply]: FrameReply<Value>[] = await Promise.race([once(thread, 'message', listening), ended]);
    return unwrap(reply!);
  } finally {
    thread.unref();
    answered.abort();
  }
}

function unwrap<Value>(reply: FrameReply<Value>): Value {
  if ('value' in reply) {
    return reply.value;
  }
  const { code, message, stack } = reply.failure;
  throw code ? new DetectionError(code, message) : new Error(message, { cause: stack });
}
