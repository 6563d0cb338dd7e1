import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadClassifier, toTensor, viewsOf } from '../../../layers/detection/classify.ts';
import { bundledCard as card } from '../../support/bundled-classifier.ts';
import { modelsDir } from './support.ts';

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

test('the views of a card take turns over the frames', () => {
  // Prepare
  const views = [10, 20, 30, 40].map((size) => ({ size, mirrored: false }));
  const sizesOf = (frame: number, perFrame?: number) =>
    viewsOf({ ...card, views, views_per_frame: perFrame }, frame).map(({ size }) => size);

  // Act and assess
  expect([0, 1, 2].map((frame) => sizesOf(frame, 2))).toEqual([
    [10, 20],
    [30, 40],
    [10, 20],
  ]);
  expect([0, 1].map((frame) => sizesOf(frame))).toEqual([
    [10, 20, 30, 40],
    [10, 20, 30, 40],
  ]);
});

describe('the bundled classifier', () => {
  const size = 64;
  // Brighter to the right, so that it differs from its mirror image.
  const ramp = Uint8Array.from({ length: size * size * 3 }, (_, i) => (Math.floor(i / 3) % size) * 4);
  const mirror = ramp.map((_, i) => ramp[i - (Math.floor(i / 3) % size) * 6 + (size - 1) * 3]!);
  const picture = (data: Uint8Array) => ({ width: size, height: size, data });

  test('draws the heatmap of a mirrored crop as the crop lies', async () => {
    // Prepare
    const classifier = await loadClassifier(join(modelsDir, 'classifier', 'model.json'));
    const show = (data: Uint8Array, mirrored: boolean) =>
      classifier.classify([[picture(data)]], [{ size, mirrored }], { heatmap: true });

    // Act
    const [[asItIs], [mirrored]] = await Promise.all([show(ramp, false), show(mirror, true)]);
    await classifier.close();

    // Assess: the network sees the same, but shows it of a face that lies the other way round
    expect(mirrored!.probability).toBe(asItIs!.probability);
    const { width, values } = asItIs!.heatmap!;
    const row = (heatmap: number[]) => heatmap.slice(0, width);
    expect(row(mirrored!.heatmap!.values)).toEqual(row(values).toReversed());
    expect(row(values)).not.toEqual(row(values).toReversed());
  });

  test('shows each view to the network that it names', async () => {
    // Prepare
    const classifier = await loadClassifier(join(modelsDir, 'classifier', 'model.json'));
    const first = { size, mirrored: false };
    const second = { ...first, second: true };
    const logitOf = async (...views: (typeof first | typeof second)[]) => {
      const [score] = await classifier.classify([views.map(() => picture(ramp))], views);
      return Math.log(score!.probability / (1 - score!.probability));
    };

    // Act
    const [ofFirst, ofSecond, ofBoth] = [
      await logitOf(first),
      await logitOf(second),
      await logitOf(first, second),
    ];
    await classifier.close();

    // Assess
    expect(ofSecond).not.toBeCloseTo(ofFirst, 3);
    expect(ofBoth).toBeCloseTo((ofFirst + ofSecond) / 2, 5);
  });
});
