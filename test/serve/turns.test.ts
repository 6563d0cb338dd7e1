import { expect, test } from 'vitest';
import { createTurns } from '../../bin/serve/turns.ts';

const never = new AbortController().signal;

test('places are for those at work and those who wait, and no more', () => {
  const turns = createTurns({ concurrency: 1, queue: 1 });
  const first = turns.enter();
  turns.enter();
  expect(() => turns.enter()).toThrow('Too many');
  first[Symbol.dispose]();
  expect(() => turns.enter()).not.toThrow();
});

test('turns come in order, so many at a time', async () => {
  const turns = createTurns({ concurrency: 2, queue: 10 });
  const order: number[] = [];
  let most = 0;
  let running = 0;
  const work = async (index: number) => {
    using _turn = await turns.take(never);
    most = Math.max(most, ++running);
    order.push(index);
    await new Promise(setImmediate);
    running -= 1;
  };

  await Promise.all([0, 1, 2, 3, 4, 5].map(work));

  expect(most).toBe(2);
  expect(order).toEqual([0, 1, 2, 3, 4, 5]);
});

test('who gives up waiting is passed over', async () => {
  const turns = createTurns({ concurrency: 1, queue: 10 });
  const running = await turns.take(never);
  const impatient = new AbortController();
  const givenUp = turns.take(impatient.signal);
  const patient = turns.take(never);

  impatient.abort(new Error('gone'));
  await expect(givenUp).rejects.toThrow('gone');
  running[Symbol.dispose]();

  (await patient)[Symbol.dispose]();
  (await turns.take(never))[Symbol.dispose]();
});

test('a turn that is given back twice counts once', async () => {
  const turns = createTurns({ concurrency: 1, queue: 10 });
  const first = await turns.take(never);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  await turns.take(never);
  let isSecond = false;
  const second = turns.take(never).then(() => {
    isSecond = true;
  });
  await new Promise(setImmediate);
  expect(isSecond).toBe(false);
  void second;
});
