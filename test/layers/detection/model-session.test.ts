import { readFile } from 'node:fs/promises';
import { Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { startSession } from '../../../layers/detection/model-session.ts';

// Only x86 processors can fail this: those without VNNI saturate unless told not to, the others are not told.
test('sums of int8 products do not saturate', async () => {
  // Prepare
  const weights = await readFile(new URL('../../fixtures/int8-sums.onnx', import.meta.url));
  const model = { card: { name: 'int8-sums' }, weights };
  const session = await startSession(model, { inputs: ['x'], outputs: ['y'] });

  // Act
  const { y } = await session.run({ x: new Tensor('float32', new Float32Array(16).fill(255), [1, 16]) });
  await session.release();

  // Assess: 16 x 255 x 127 = 518,160, in steps of 4,000
  expect(Array.from(y!.data as Float32Array)).toEqual([520_000, 520_000, 520_000, 520_000]);
});
