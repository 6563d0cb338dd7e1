import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { toTensor } from '../../../layers/detection/classify.ts';
import { classifierCardSchema } from '../../../layers/detection/model-card.ts';
import { modelsDir } from './support.ts';

const card = classifierCardSchema.parse(
  JSON.parse(await readFile(join(modelsDir, 'classifier', 'model.json'), 'utf8')),
);
const withInput = (input: Partial<typeof card.input>) => ({
  ...card,
  input: {
    ...card.input,
    mean: [1, 2, 3] as [number, number, number],
    std: [1, 2, 4] as [number, number, number],
    ...input,
  },
});
// Pixels of red, green, blue: 11 12 13, 21 22 23 over 31 32 33, 41 42 43.
const crop = { width: 2, height: 2, data: Uint8Array.of(11, 12, 13, 21, 22, 23, 31, 32, 33, 41, 42, 43) };

test.for([
  {
    layout: 'NCHW' as const,
    colour: 'RGB' as const,
    mirrored: false,
    dims: [1, 3, 2, 2],
    values: [10, 20, 30, 40, 5, 10, 15, 20, 2.5, 5, 7.5, 10],
  },
  {
    layout: 'NHWC' as const,
    colour: 'RGB' as const,
    mirrored: false,
    dims: [1, 2, 2, 3],
    values: [10, 5, 2.5, 20, 10, 5, 30, 15, 7.5, 40, 20, 10],
  },
  {
    layout: 'NCHW' as const,
    colour: 'BGR' as const,
    mirrored: true,
    dims: [1, 3, 2, 2],
    values: [22, 12, 42, 32, 10, 5, 20, 15, 4.5, 2, 9.5, 7],
  },
])('$layout $colour, mirrored: $mirrored', ({ layout, colour, mirrored, dims, values }) => {
  const tensor = toTensor([crop], withInput({ layout, colour }), mirrored);

  expect(tensor.dims).toEqual(dims);
  expect(Array.from(tensor.data as Float32Array)).toEqual(values);
});
