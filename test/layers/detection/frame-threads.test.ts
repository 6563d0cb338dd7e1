import { Worker } from 'node:worker_threads';
import { afterEach, expect, test, vi } from 'vitest';
import { startFrameThreads } from '../../../layers/detection/frame-threads.ts';
import { modelCards } from '../../../layers/detection/models.ts';
import type { Frame } from '../../../layers/detection/types.ts';
import { modelsDir, readFace, toYuv } from './support.ts';

const cards = modelCards(modelsDir);
const face = toYuv(await readFace());

function makeFrame(index: number): Frame {
  return { index, timeS: index, ...face, data: face.data.slice() };
}

/** The threads, as they are seen when something is sent to them. */
const posted = vi.spyOn(Worker.prototype, 'postMessage');
afterEach(() => posted.mockClear());
const threadsSeen = () => [...new Set(posted.mock.contexts as Worker[])];

test('more frames than threads: each is examined once, by all threads', async () => {
  // Prepare
  const threads = await startFrameThreads(cards, 2);

  // Act
  const examined = await Promise.all(
    Array.from({ length: 5 }, (_, i) => threads.examine(makeFrame(i), { heatmap: i === 3 })),
  );

  // Assess
  expect(threadsSeen()).toHaveLength(2);
  expect(examined.map(({ timeS }) => timeS)).toEqual([0, 1, 2, 3, 4]);
  expect(examined.map(({ faces }) => faces.map(({ box }) => box))).toEqual(
    Array(5).fill([examined[0]!.faces[0]!.box]),
  );
  expect(examined.map(({ faces }) => faces[0]!.score.heatmap !== undefined)).toEqual([
    ...[false, false, false, true, false],
  ]);
  await threads.close();
  expect(threadsSeen().map(({ threadId }) => threadId)).toEqual([-1, -1]);
});

test('a frame that fails does so with its error, and the thread goes on', async () => {
  // Prepare
  const threads = await startFrameThreads(cards, 1);
  const broken = makeFrame(0);
  broken.width = 320n as unknown as number;

  // Act
  const failing = threads.examine(broken, {});

  // Assess
  await expect(failing).rejects.toMatchObject({
    message: expect.stringMatching(/.+/),
    cause: expect.stringMatching(/at .*layers\/detection/),
  });
  await expect(threads.examine(makeFrame(0), {})).resolves.toMatchObject({ faces: [{}] });
  expect(threadsSeen()).toHaveLength(1);
  await threads.close();
});

test('a thread that ends fails its frame and is replaced for the next', async () => {
  // Prepare
  const threads = await startFrameThreads(cards, 1);

  // Act
  posted.mockImplementationOnce(function (this: Worker) {
    this.terminate();
  });
  const interrupted = threads.examine(makeFrame(0), {});

  // Assess
  await expect(interrupted).rejects.toThrow('has ended');
  await expect(threads.examine(makeFrame(0), {})).resolves.toMatchObject({ faces: [{}] });
  expect(threadsSeen()).toHaveLength(2);
  await threads.close();
});
