import { expect, test } from 'vitest';
import { findFfmpeg } from '../../../layers/detection/ffmpeg.ts';

test('a configured ffmpeg is taken as it is, even if it is not there', () => {
  expect(findFfmpeg({ configured: '/opt/elsewhere/ffmpeg' })).toBe('/opt/elsewhere/ffmpeg');
});

test('an empty configuration counts as none', () => {
  expect(findFfmpeg({ configured: '' })).toMatch(/ffmpeg/);
});
