import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createDetector } from '../../../layers/detection/index.ts';
import type { Box, Detection } from '../../../layers/detection/types.ts';
import { faceInput, facePath, ffmpeg, ffmpegPath, makeTempDir, modelsDir, movingFace } from './support.ts';

// How far a lossy copy may be from the lossless clip. The face moves by 1.2 pixels from frame to frame, so that a median
// below 1 also tells that each frame is the one its time says; single frames jump where the detector is of two minds.
const medianBoxTolerance = 1;
const largestBoxTolerance = 6;
const scoreTolerance = 0.1;
// Deinterlacing draws every other line anew, which the classifier notices.
const deinterlacedScoreTolerance = 0.2;

// Some encoders are slow.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const detector = await createDetector({ modelsDir, ffmpegPath, framesSampled: 8 });
afterAll(() => detector.close());
const dir = await makeTempDir();

// Colour at half the resolution moves the landmarks by a pixel or two, so that each kind has a reference of its own.
const references = new Map<'420' | '444', Detection>();
beforeAll(async () => {
  const everyFrame = await createDetector({ modelsDir, ffmpegPath, framesSampled: 50 });
  for (const chroma of ['420', '444'] as const) {
    const path = join(dir, `reference-${chroma}.mkv`);
    const lossless = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', 0, '-pix_fmt', `yuv${chroma}p`];
    await ffmpeg(...faceInput(), '-vf', movingFace, ...lossless, path);
    references.set(chroma, await everyFrame.detect(path));
  }
  await everyFrame.close();
});

const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '15'];
const yuv420 = [...x264, '-pix_fmt', 'yuv420p'];

interface Format {
  name: string;
  file: string;
  /** ffmpeg's output options. */
  encode: (string | number)[];
  /** Further inputs, before the output options. */
  inputs?: string[];
  filter?: string;
  container?: string;
  codec: string;
  /** 4:2:0 unless said otherwise. */
  chroma?: '444';
  /** Where the picture has another size, the detector sees it scaled otherwise. */
  medianTolerance?: number;
}

const formats: Format[] = [
  { name: 'MP4, index at the end', file: 'end.mp4', encode: yuv420, codec: 'h264' },
  {
    name: 'MP4, index in front',
    file: 'front.mp4',
    encode: [...yuv420, '-movflags', 'faststart'],
    codec: 'h264',
  },
  {
    name: 'MP4, fragmented',
    file: 'fragmented.mp4',
    encode: [...yuv420, '-g', 12, '-movflags', 'frag_keyframe+empty_moov+default_base_moof'],
    codec: 'h264',
  },
  {
    name: 'H.264 with B-frames',
    file: 'b-frames.mp4',
    encode: ['-c:v', 'libx264', '-preset', 'medium', '-crf', 15, '-bf', 3, '-pix_fmt', 'yuv420p'],
    codec: 'h264',
  },
  { name: 'MOV', file: 'clip.mov', encode: yuv420, codec: 'h264' },
  { name: 'MKV', file: 'clip.mkv', encode: yuv420, container: 'matroska', codec: 'h264' },
  { name: 'AVI', file: 'clip.avi', encode: yuv420, codec: 'h264' },
  { name: 'MPEG-TS', file: 'clip.ts', encode: yuv420, container: 'mpegts', codec: 'h264' },
  {
    name: 'WebM, VP8',
    file: 'vp8.webm',
    encode: ['-c:v', 'libvpx', '-b:v', '4M', '-cpu-used', 8, '-deadline', 'realtime'],
    codec: 'vp8',
  },
  {
    name: 'WebM, VP8 with hidden frames',
    file: 'altref.webm',
    encode: ['-c:v', 'libvpx', '-b:v', '4M', '-cpu-used', 5, '-auto-alt-ref', 1, '-lag-in-frames', 16],
    codec: 'vp8',
  },
  {
    name: 'WebM, VP9',
    file: 'vp9.webm',
    encode: [
      '-c:v',
      'libvpx-vp9',
      '-b:v',
      '4M',
      '-cpu-used',
      8,
      '-deadline',
      'realtime',
      '-pix_fmt',
      'yuv420p',
    ],
    codec: 'vp9',
  },
  {
    name: 'HEVC',
    file: 'hevc.mp4',
    encode: [
      ...['-c:v', 'libx265', '-preset', 'ultrafast', '-crf', 15],
      ...['-pix_fmt', 'yuv420p', '-x265-params', 'log-level=error'],
    ],
    codec: 'hevc',
  },
  {
    name: 'HEVC, 10 bit',
    file: 'hevc10.mp4',
    encode: [
      ...['-c:v', 'libx265', '-preset', 'ultrafast', '-crf', 15],
      ...['-pix_fmt', 'yuv420p10le', '-x265-params', 'log-level=error'],
    ],
    codec: 'hevc',
  },
  { name: 'AV1', file: 'av1.mp4', encode: ['-c:v', 'libsvtav1', '-preset', 10, '-crf', 20], codec: 'av1' },
  { name: 'MPEG-4', file: 'mpeg4.mp4', encode: ['-c:v', 'mpeg4', '-qmin', 1, '-q:v', 1], codec: 'mpeg4' },
  {
    name: 'AVI, H.264 with B-frames, which have no presentation times there',
    file: 'b-frames.avi',
    encode: ['-c:v', 'libx264', '-preset', 'medium', '-crf', 15, '-bf', 3, '-pix_fmt', 'yuv420p'],
    codec: 'h264',
  },
  {
    name: 'AVI, MPEG-4',
    file: 'mpeg4.avi',
    encode: ['-c:v', 'mpeg4', '-qmin', 1, '-q:v', 1],
    codec: 'mpeg4',
  },
  {
    name: 'AVI, MJPEG',
    file: 'mjpeg.avi',
    encode: ['-c:v', 'mjpeg', '-qmin', 1, '-q:v', 1, '-pix_fmt', 'yuvj420p'],
    codec: 'mjpeg',
  },
  { name: 'ProRes', file: 'prores.mov', encode: ['-c:v', 'prores_ks'], codec: 'prores', chroma: '444' },
  { name: 'H.264, 10 bit', file: 'high10.mp4', encode: [...x264, '-pix_fmt', 'yuv420p10le'], codec: 'h264' },
  {
    name: 'H.264, 4:4:4',
    file: '444.mp4',
    encode: [...x264, '-pix_fmt', 'yuv444p'],
    codec: 'h264',
    chroma: '444',
  },
  {
    name: 'odd sizes',
    file: 'odd.mp4',
    filter: `${movingFace},crop=637:477:0:0:exact=1`,
    medianTolerance: 2.5,
    encode: [...x264, '-pix_fmt', 'yuv444p'],
    codec: 'h264',
    chroma: '444',
  },
  {
    name: 'with sound',
    file: 'sound.mp4',
    inputs: ['-f', 'lavfi', '-t', '2', '-i', 'sine'],
    encode: [...yuv420, '-c:a', 'aac'],
    codec: 'h264',
  },
  {
    name: 'with cover art before the video',
    file: 'cover.mp4',
    inputs: ['-i', facePath],
    encode: ['-map', '1', '-map', '0', ...yuv420, '-c:v:0', 'mjpeg', '-disposition:v:0', 'attached_pic'],
    codec: 'h264',
  },
  {
    name: 'several streams, the larger one without the mark of the default',
    file: 'streams.mkv',
    inputs: ['-f', 'lavfi', '-t', '2', '-i', 'testsrc2=size=800x600'],
    encode: ['-map', '1', '-map', '0', ...yuv420, '-disposition:v:0', '0', '-disposition:v:1', 'default'],
    container: 'matroska',
    codec: 'h264',
  },
  {
    name: 'BT.709, full range',
    file: '709.mp4',
    filter: `${movingFace},scale=out_color_matrix=bt709:out_range=full,format=yuv444p`,
    encode: [...x264, '-colorspace', 'bt709', '-color_range', 'pc'],
    codec: 'h264',
    chroma: '444',
  },
  {
    name: 'BT.601, limited range',
    file: '601.mp4',
    filter: `${movingFace},scale=out_color_matrix=bt601:out_range=limited,format=yuv444p`,
    encode: [...x264, '-colorspace', 'smpte170m', '-color_range', 'tv'],
    codec: 'h264',
    chroma: '444',
  },
];

test.for(formats)('$name: the same face at the same place', async (format) => {
  // Prepare
  const path = join(dir, format.file);
  const filter = format.filter ?? movingFace;
  const filtered = ['-filter_complex', `[0:v]${filter}[v]`];
  const mapped = format.encode.map((word, i, all) => (all[i - 1] === '-map' && word === '0' ? '[v]' : word));
  const map = mapped.includes('-map') ? [] : ['-map', '[v]', ...(format.inputs ? ['-map', '1'] : [])];
  await ffmpeg(...faceInput(), ...(format.inputs ?? []), ...filtered, ...map, ...mapped, path);

  // Act
  const detection = await detector.detect(path);

  // Assess
  expect(detection.clip).toMatchObject({
    container: format.container ?? format.file.split('.')[1],
    codec: format.codec,
    frameCount: 50,
  });
  expect(detection.clip.fps).toBeCloseTo(25, 0);
  expect(detection.clip.durationS).toBeCloseTo(2, 1);
  expectSameFace(detection, format.chroma, format.medianTolerance);
});

describe('rotation', () => {
  test.for([
    { degrees: 90, turn: 'transpose=cclock' },
    { degrees: 180, turn: 'hflip,vflip' },
    { degrees: 270, turn: 'transpose=clock' },
  ])('a clip to be turned by $degrees degrees is turned', async ({ degrees, turn }) => {
    // Prepare
    const path = join(dir, `turn-${degrees}.mp4`);
    await ffmpeg(...faceInput(), '-vf', `${movingFace},${turn}`, ...yuv420, path);
    await writeRotation(path, degrees);

    // Act
    const detection = await detector.detect(path);

    // Assess
    expect(detection.clip).toMatchObject({ width: 640, height: 480 });
    expectSameFace(detection);
  });
});

test.for([
  {
    name: 'H.264',
    file: 'interlaced.mp4',
    encode: [...yuv420, '-flags', '+ilme+ildct', '-x264opts', 'tff=1'],
    chroma: '420' as const,
  },
  {
    name: 'MPEG-4',
    file: 'interlaced.avi',
    encode: ['-c:v', 'mpeg4', '-q:v', 2, '-flags', '+ilme+ildct', '-top', 1],
    chroma: '420' as const,
  },
  {
    name: 'ProRes',
    file: 'interlaced.mov',
    encode: ['-c:v', 'prores_ks', '-flags', '+ildct'],
    chroma: '444' as const,
  },
])('interlaced $name: the fields of two moments are set apart', async ({ file, encode, chroma }) => {
  // Prepare: each frame holds the lines of two moments
  const path = join(dir, file);
  await ffmpeg(
    ...faceInput(2, 50),
    '-vf',
    `${movingFace},tinterlace=interleave_top,setfield=tff`,
    ...encode,
    path,
  );

  // Act
  const detection = await detector.detect(path);

  // Assess
  expect(detection.clip.fps).toBeCloseTo(25, 0);
  expectSameFace(detection, chroma, medianBoxTolerance, deinterlacedScoreTolerance);
});

test('a clip of variable rate is told apart by its times', async () => {
  // Prepare: the first second at 25 frames a second, then every fifth frame
  const path = join(dir, 'variable.mp4');
  const thin = `${movingFace},select='lt(t,1)+not(mod(n,5))'`;
  await ffmpeg(...faceInput(), '-vf', thin, '-fps_mode', 'vfr', ...yuv420, path);

  // Act
  const detection = await detector.detect(path);

  // Assess: 25 + 5 frames, of which the middle of each eighth is taken
  expect(detection.clip.frameCount).toBe(30);
  expect(detection.clip.durationS).toBeCloseTo(2, 0);
  const times = detection.frames.map(({ timeS }) => Math.round(timeS * 25));
  expect(times).toEqual([1, 5, 9, 13, 16, 20, 24, 40]);
  expectSameFace(detection);
});

/** Each frame's face lies where the reference has it at that time, and the score is the reference's. */
function expectSameFace(
  detection: Detection,
  chroma: '420' | '444' = '420',
  medianTolerance = medianBoxTolerance,
  tolerance = scoreTolerance,
): void {
  const reference = references.get(chroma)!;
  expect(detection.analysis).toEqual({ framesSampled: 8, framesWithFace: 8, facesScored: 8 });
  expect(detection.faces).toHaveLength(1);
  const distances = detection.frames.map(({ timeS, faces }) => {
    const nearest = reference.frames[Math.round(timeS * 25)]!;
    expect(Math.abs(nearest.timeS - timeS)).toBeLessThan(0.01);
    return farthestSide(faces[0]!.box, nearest.faces[0]!.box);
  });
  const sorted = distances.toSorted((a, b) => a - b);
  expect(sorted[4]).toBeLessThan(medianTolerance);
  expect(sorted[7]).toBeLessThan(largestBoxTolerance);
  expect(Math.abs(detection.score! - reference.score!)).toBeLessThan(tolerance);
}

function farthestSide(a: Box, b: Box): number {
  return Math.max(...(['x0', 'y0', 'x1', 'y1'] as const).map((side) => Math.abs(a[side] - b[side])));
}

/** Write a phone's display matrix into the track header of an MP4 (ISO/IEC 14496-12, 8.3.2). */
async function writeRotation(path: string, degrees: number): Promise<void> {
  const file = await readFile(path);
  const matrix = file.indexOf('tkhd') + 4 + 40;
  const cos = Math.round(Math.cos((degrees * Math.PI) / 180)) * 65536;
  const sin = Math.round(Math.sin((degrees * Math.PI) / 180)) * 65536;
  for (const [i, value] of [cos, sin, 0, -sin, cos, 0].entries()) {
    file.writeInt32BE(value, matrix + 4 * i);
  }
  await writeFile(path, file);
}
