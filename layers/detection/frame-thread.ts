/**
 * A thread that examines frames, one at a time; `startFrameThreads` starts it with the `ModelCards` as its data.
 *
 * Its first message says that the models are loaded and brings the classifier's card, or why they are not, which ends it.
 * From then on each `FrameRequest` is answered by one message, and `null` ends it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { DetectionError } from './errors.ts';
import { examineFrame } from './examine-frame.ts';
import type { FrameReply, FrameRequest } from './frame-threads.ts';
import { loadModels } from './models.ts';

const port = parentPort!;
const loading = loadModels(workerData);

port.on('message', async (request: FrameRequest | null) => {
  if (request) {
    await reply(async () => examineFrame(request.frame, await loading, request.options));
  } else {
    await (await loading).close();
    port.close();
  }
});
await reply(async () => (await loading).classifier.card);
await loading.catch(() => port.close());

async function reply(work: () => Promise<unknown>): Promise<void> {
  port.postMessage((await work().then((value) => ({ value }), failureOf)) satisfies FrameReply<unknown>);
}

/** Of an error only the text gets through to another thread whatever it is made of. */
function failureOf(error: Error): FrameReply<never> {
  const code = error instanceof DetectionError ? error.code : undefined;
  return { failure: { code, message: error.message, stack: error.stack } };
}
