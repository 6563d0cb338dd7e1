import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';
import { findFfmpeg } from '../../../layers/detection/ffmpeg.ts';
import { defaultLimits } from '../../../layers/detection/limits.ts';
import type { Picture } from '../../../layers/detection/resize.ts';
import type { Box } from '../../../layers/detection/types.ts';
import { bt601, type YuvPicture, yuvBytes } from '../../../layers/detection/yuv.ts';

const run = promisify(execFile);

export const ffmpegPath = findFfmpeg({ configured: process.env.FFMPEG_PATH });
export const modelsDir = fileURLToPath(new URL('../../../models', import.meta.url));
export const facePath = fileURLToPath(new URL('../../fixtures/astronaut.png', import.meta.url));
export const decoding = { ffmpegPath, limits: defaultLimits, framesSampled: 8, threads: 2 };

/** A folder that lasts as long as the test file. */
export async function makeTempDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'detection-test-'));
  afterAll(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Run ffmpeg with `args`; its standard output. */
export async function ffmpeg(...args: (string | number)[]): Promise<Buffer> {
  const words = ['-nostdin', '-v', 'error', '-y', ...args.map(String)];
  const { stdout } = await run(ffmpegPath, words, { encoding: 'buffer', maxBuffer: 64 * 1024 ** 2 });
  return stdout;
}

/** The astronaut's face, about 145 pixels wide, moving to the left and upward: 640 x 480 pixels, 25 frames a second. */
export const movingFace = [
  'scale=720:720:flags=bicubic',
  "crop=640:480:x='10+30*t':y='5+20*t'",
  'setsar=1',
].join(',');

/** Input options for the fixture as `seconds` of video. */
export function faceInput(seconds = 2, fps = 25): string[] {
  return ['-loop', '1', '-framerate', String(fps), '-t', String(seconds), '-i', facePath];
}

/** The fixture as RGB. */
export async function readFace(): Promise<Picture> {
  const data = await ffmpeg('-i', facePath, '-pix_fmt', 'rgb24', '-f', 'rawvideo', 'pipe:1');
  return { width: 512, height: 512, data: new Uint8Array(data) };
}

/** A part of a picture. */
export function cut({ width, data }: Picture, { x0, y0, x1, y1 }: Box): Picture {
  const part = new Uint8Array((x1 - x0) * (y1 - y0) * 3);
  for (let y = y0; y < y1; y += 1) {
    part.set(data.subarray((y * width + x0) * 3, (y * width + x1) * 3), (y - y0) * (x1 - x0) * 3);
  }
  return { width: x1 - x0, height: y1 - y0, data: part };
}

/** A picture of even sides as a frame of a video. */
export function toYuv({ width, height, data }: Picture): YuvPicture {
  const yuv = new Uint8Array(yuvBytes(width, height));
  const pairs = width / 2;
  const ofPlane = [width * height, width * height + (width * height) / 4] as const;
  const sums = [new Float64Array(yuv.length), new Float64Array(yuv.length)] as const;
  for (let i = 0; i < width * height; i += 1) {
    const [r, g, b] = data.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
    const y = 0.299 * r + 0.587 * g + 0.114 * b;
    yuv[i] = Math.floor(16 + (y * 219) / 255 + 0.5);
    const pair = Math.floor(i / width / 2) * pairs + Math.floor((i % width) / 2);
    sums[0][pair]! += (b - y) / 1.772 / 4;
    sums[1][pair]! += (r - y) / 1.402 / 4;
  }
  for (const [plane, start] of ofPlane.entries()) {
    for (let i = 0; i < (width * height) / 4; i += 1) {
      yuv[start + i] = Math.floor(128 + (sums[plane as 0 | 1][i]! * 224) / 255 + 0.5);
    }
  }
  return { width, height, data: yuv, matrix: bt601 };
}

interface Golden {
  resizes: { kind: 'linear' | 'area'; rect: number[]; size: [number, number]; rgb: number[] }[];
  crops: { box: [number, number, number, number]; size: number; rgb: number[] }[];
  parts: {
    box: [number, number, number, number];
    part: [number, number, number, number];
    size: number;
    rgb: number[];
  }[];
  large_face: {
    box: [number, number, number, number];
    size: number;
    from: number;
    to: number;
    rgb: number[];
  };
  faces: { picture: string; box: number[]; score: number; presence: number; landmarks: number[] }[];
}

/** What OpenCV and the training code make of the fixture; see test/fixtures/README.md. */
export async function readGolden(): Promise<Golden> {
  return JSON.parse(await readFile(new URL('../../fixtures/golden.json', import.meta.url), 'utf8'));
}

/** Largest difference between two lists of numbers of one length. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) {
    throw new Error(`lists of ${a.length} and ${b.length} numbers`);
  }
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

/** Process ids of the ffmpegs that work on `path`. */
export async function ffmpegsOn(path: string): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'pid=,args=']);
  return stdout.split('\n').filter((line) => line.includes(`file:${path}`));
}
