import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { decodeFrames } from '../../../layers/detection/decode.ts';
import { probeClip } from '../../../layers/detection/probe.ts';
import { stretch } from '../../../layers/detection/resize-taps.ts';
import { rgbPart } from '../../../layers/detection/rgb-part.ts';
import type { Frame } from '../../../layers/detection/types.ts';
import { yuvBytes } from '../../../layers/detection/yuv.ts';
import {
  decoding,
  faceInput,
  ffmpeg,
  ffmpegsOn,
  largestDifference,
  makeTempDir,
  movingFace,
} from './support.ts';

const dir = await makeTempDir();
const orange = [200, 110, 40] as const;

async function decodeAll(path: string, options = {}): Promise<Frame[]> {
  const clip = await probeClip(path, { ...decoding, ...options });
  const frames: Frame[] = [];
  for await (const frame of decodeFrames(clip, { ...decoding, ...options })) {
    frames.push(frame);
  }
  return frames;
}

function colourAt(frame: Frame, x: number, y: number): number[] {
  return Array.from(rgbPart(frame, stretch(x, x + 1, 1), stretch(y, y + 1, 1)).data);
}

// A wrong matrix or range moves this orange by 10 or more.
test.for([
  { name: 'BT.709, limited', size: '320x240', matrix: 'bt709', tag: 'bt709', range: 'tv' },
  { name: 'BT.709, full', size: '320x240', matrix: 'bt709', tag: 'bt709', range: 'pc' },
  { name: 'BT.601, limited', size: '1280x720', matrix: 'bt601', tag: 'smpte170m', range: 'tv' },
  { name: 'BT.601, full', size: '1280x720', matrix: 'bt601', tag: 'bt470bg', range: 'pc' },
  {
    name: 'nothing said of standard definition: BT.601',
    size: '720x576',
    matrix: 'bt601',
    tag: undefined,
    range: 'tv',
  },
  {
    name: 'nothing said of high definition: BT.601',
    size: '1280x720',
    matrix: 'bt601',
    tag: undefined,
    range: 'tv',
  },
])('colours, $name', async ({ name, size, matrix, tag, range }) => {
  // Prepare
  const path = join(dir, `${name}.mp4`.replaceAll(/[:, ]+/g, '-'));
  const colour = `0x${orange.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
  const outRange = range === 'pc' ? 'full' : 'limited';
  const convert = `format=rgb24,scale=out_color_matrix=${matrix}:out_range=${outRange},format=yuv420p`;
  await ffmpeg(
    ...['-f', 'lavfi', '-t', 0.4, '-i', `color=${colour}:size=${size}:rate=10`, '-vf', convert],
    ...['-c:v', 'libx264', '-qp', 1, '-preset', 'ultrafast', '-color_range', range],
    ...(tag ? ['-colorspace', tag] : ['-bsf:v', 'h264_metadata=matrix_coefficients=2']),
    path,
  );

  // Act
  const [frame] = await decodeAll(path);

  // Assess
  const middle = colourAt(frame!, frame!.width / 2, frame!.height / 2);
  expect(largestDifference(middle, orange)).toBeLessThanOrEqual(4);
});

test.for([
  {
    name: 'the middles of equal shares',
    bFrames: 5,
    framesSampled: 14,
    expected: [1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 34, 37, 40],
  },
  {
    name: 'of many frames, the next that others are made from',
    bFrames: 5,
    framesSampled: 7,
    expected: [6, 12, 18, 24, 30, 36, 41],
  },
  {
    name: 'the middles where such frames are rare',
    bFrames: 8,
    framesSampled: 7,
    expected: [3, 9, 15, 21, 27, 33, 39],
  },
])('$name, each with its time', async ({ bFrames, framesSampled, expected }) => {
  // Prepare: 42 frames, of which frame n is as bright as 6 n
  const path = join(dir, `ramp-${bFrames}-${framesSampled}.mkv`);
  const ramp = "geq=lum='6*N':cb=128:cr=128";
  await ffmpeg(
    ...['-f', 'lavfi', '-t', 4.2, '-i', 'color=black:size=64x64:rate=10', '-vf', `format=yuv420p,${ramp}`],
    ...['-c:v', 'libx264', '-bf', bFrames, '-x264-params', 'b-pyramid=none:b-adapt=0:scenecut=0:weightp=0'],
    ...['-qp', 1, '-color_range', 'pc', path],
  );

  // Act
  const frames = await decodeAll(path, { framesSampled });

  // Assess
  expect(frames.map(({ index }) => index)).toEqual(expected.map((_, i) => i));
  expect(frames.map(({ timeS }) => timeS.toFixed(3))).toEqual(expected.map((n) => (n / 10).toFixed(3)));
  const brightness = frames.map((frame) => Math.round(colourAt(frame, 0, 0)[0]! / 6));
  expect(brightness).toEqual(expected);
});

let long: string;
beforeAll(async () => {
  long = join(dir, 'long.mp4');
  await ffmpeg(
    ...faceInput(20),
    '-vf',
    'scale=640:640',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-pix_fmt',
    'yuv420p',
    long,
  );
});

test('leaving early kills ffmpeg', async () => {
  // Prepare
  const clip = await probeClip(long, decoding);

  // Act
  const running: string[] = [];
  for await (const _frame of decodeFrames(clip, { ...decoding, framesSampled: 400 })) {
    running.push(...(await ffmpegsOn(long)));
    break;
  }

  // Assess
  expect(running).toHaveLength(1);
  expect(await ffmpegsOn(long)).toEqual([]);
});

test('an abort kills ffmpeg and is thrown', async () => {
  // Prepare
  const clip = await probeClip(long, decoding);
  const controller = new AbortController();

  // Act
  const decodeUntilAborted = async () => {
    for await (const _frame of decodeFrames(clip, {
      ...decoding,
      framesSampled: 400,
      signal: controller.signal,
    })) {
      controller.abort(new Error('enough'));
    }
  };

  // Assess
  await expect(decodeUntilAborted()).rejects.toThrow('enough');
  expect(await ffmpegsOn(long)).toEqual([]);
});

test('decoding that takes too long ends with deadline_exceeded', async () => {
  // Prepare
  const clip = await probeClip(long, decoding);
  const limits = { ...decoding.limits, maxDecodeS: 0.05 };

  // Act
  const decodeAllOf = async () => {
    for await (const _frame of decodeFrames(clip, { ...decoding, limits, framesSampled: 400 })) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  // Assess
  await expect(decodeAllOf()).rejects.toMatchObject({ code: 'deadline_exceeded' });
  expect(await ffmpegsOn(long)).toEqual([]);
});

test('ffmpeg waits for a slow consumer instead of filling the memory', async () => {
  // Prepare: 64 frames of 3.1 MB
  const path = join(dir, 'large.mp4');
  await ffmpeg(
    ...[...faceInput(3), '-vf', `${movingFace},scale=1920:1080`, '-c:v', 'libx264', '-preset', 'ultrafast'],
    ...['-pix_fmt', 'yuv420p', path],
  );
  const clip = await probeClip(path, decoding);
  const before = process.memoryUsage().arrayBuffers;

  // Act
  let most = 0;
  for await (const _frame of decodeFrames(clip, { ...decoding, framesSampled: 64 })) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }

  // Assess: garbage included, less than half of it
  expect(most).toBeLessThan((64 * yuvBytes(1920, 1080)) / 2);
});
