import { expect, test } from 'vitest';
import { sampleIndices } from '../../../layers/detection/sample.ts';

test('the middle of each share of the clip is taken', () => {
  expect(sampleIndices(300, 4)).toEqual([37, 112, 187, 262]);
  expect(sampleIndices(405, 32).slice(0, 3)).toEqual([6, 18, 31]);
});

test('a clip with fewer frames gives each of them once', () => {
  expect(sampleIndices(3, 32)).toEqual([0, 1, 2]);
});
