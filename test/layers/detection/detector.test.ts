import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createDetector, type Detector } from '../../../layers/detection/index.ts';
import {
  faceInput,
  facePath,
  ffmpeg,
  ffmpegPath,
  ffmpegsOn,
  makeTempDir,
  modelsDir,
  movingFace,
} from './support.ts';

vi.setConfig({ testTimeout: 120_000 });

const threads = 2;
const detector = await createDetector({ modelsDir, ffmpegPath, framesSampled: 8, threads });
afterAll(() => detector.close());
const dir = await makeTempDir();
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '18', '-pix_fmt', 'yuv420p'];

let clip: string;
beforeAll(async () => {
  clip = join(dir, 'clip.mp4');
  await ffmpeg(...faceInput(), '-vf', movingFace, ...x264, clip);
});

test('a clip of a face: the whole answer', async () => {
  // Act
  const detection = await detector.detect(clip);

  // Assess: the classifier may change; what holds for any is checked
  const { fakeFrom, realBelow } = detection.threshold;
  const { score } = detection;
  expect(score).toBeGreaterThan(0);
  expect(score).toBeLessThan(1);
  expect(detection.verdict).toBe(score! >= fakeFrom ? 'fake' : score! < realBelow ? 'real' : 'undetermined');
  expect(detection.model).toEqual(detector.model);
  expect(detection.clip).toMatchObject({ width: 640, height: 480, frameCount: 50, durationS: 2 });
  expect(detection.analysis).toEqual({ framesSampled: 8, framesWithFace: 8, facesScored: 8 });
  expect(detection.faces).toEqual([
    { track: 1, score, frames: 8, firstS: 0.12, lastS: 1.84, box: expect.anything() },
  ]);
  expect(detection.frames.map(({ faces }) => faces.map(({ track }) => track))).toEqual(Array(8).fill([1]));
  expect(detection.warnings).toEqual([]);
  const { decode, findFaces, classify, total } = detection.timingMs;
  expect(Math.min(decode, findFaces, classify)).toBeGreaterThan(0);
  expect(decode).toBeLessThanOrEqual(total);
  expect(findFaces + classify).toBeLessThanOrEqual(threads * total);
});

test('the operating point moves the thresholds and not the score', async () => {
  const [balanced, strict] = await Promise.all([
    detector.detect(clip),
    detector.detect(clip, { operatingPoint: 'strict' }),
  ]);

  expect(strict.score).toBe(balanced.score);
  expect(strict.threshold.operatingPoint).toBe('strict');
  expect(strict.threshold.fakeFrom).toBeGreaterThanOrEqual(balanced.threshold.fakeFrom);
});

describe('clips that cannot be judged are undetermined, never real', () => {
  test('no face', async () => {
    // Prepare
    const path = join(dir, 'no-face.mp4');
    await ffmpeg('-f', 'lavfi', '-t', 1, '-i', 'testsrc2=size=320x240:rate=10', ...x264, path);

    // Act
    const detection = await detector.detect(path);

    // Assess
    expect(detection).toMatchObject({
      verdict: 'undetermined',
      score: null,
      reasons: ['no_face'],
      faces: [],
    });
    expect(detection.frames.map(({ score }) => score)).toEqual(Array(8).fill(null));
  });

  test('a tiny face', async () => {
    // Prepare: 102 pixels of face scaled to about 29
    const path = join(dir, 'tiny.mp4');
    await ffmpeg(...faceInput(1), '-vf', 'scale=144:144,pad=320:240:80:40:gray', ...x264, path);

    // Act
    const detection = await detector.detect(path);

    // Assess
    expect(detection).toMatchObject({ verdict: 'undetermined', score: null, reasons: ['face_too_small'] });
    expect(detection.analysis).toEqual({ framesSampled: 8, framesWithFace: 8, facesScored: 0 });
  });

  test('a face in a few frames', async () => {
    // Prepare: the face in the first 0.6 of 2 seconds, which are 3 of 8 samples
    const path = join(dir, 'few.mp4');
    await ffmpeg(
      ...faceInput(),
      '-vf',
      "scale=480:480,drawbox=t=fill:color=gray:enable='gte(t,0.7)'",
      ...x264,
      path,
    );

    // Act
    const detection = await detector.detect(path);

    // Assess
    expect(detection).toMatchObject({
      verdict: 'undetermined',
      score: null,
      reasons: ['too_few_frames'],
      faces: [],
    });
    expect(detection.analysis).toEqual({ framesSampled: 8, framesWithFace: 3, facesScored: 3 });
  });

  test('a clip of three frames', async () => {
    // Prepare
    const path = join(dir, 'three.mp4');
    await ffmpeg(...faceInput(0.3, 10), '-vf', 'scale=480:480', ...x264, path);

    // Act
    const detection = await detector.detect(path);

    // Assess
    expect(detection).toMatchObject({ verdict: 'undetermined', reasons: ['too_few_frames'] });
  });

  test('one frame', async () => {
    // Prepare
    const path = join(dir, 'one.mp4');
    await ffmpeg('-i', facePath, ...x264, '-frames:v', 1, path);

    // Act and assess
    await expect(detector.detect(path)).rejects.toMatchObject({ code: 'clip_too_short' });
  });
});

test('two people are tracked apart', async () => {
  // Prepare: the second face is mirrored and smaller
  const path = join(dir, 'two.mp4');
  const left = '[0:v]scale=480:480,split[a][b]';
  const right = '[b]hflip,scale=360:360,pad=480:480:60:60[c]';
  await ffmpeg(
    ...faceInput(),
    '-filter_complex',
    `${left};${right};[a][c]hstack[v]`,
    '-map',
    '[v]',
    ...x264,
    path,
  );

  // Act
  const detection = await detector.detect(path);

  // Assess
  expect(detection.faces).toHaveLength(2);
  expect(detection.faces.map(({ frames }) => frames)).toEqual([8, 8]);
  expect(detection.score).toBe(Math.max(...detection.faces.map(({ score }) => score)));
  expect(detection.score).toBe(detection.faces[0]!.score);
  for (const { faces } of detection.frames) {
    const sides = faces.map(({ track, box }) => [track, box.x0 < 480 ? 'left' : 'right']);
    expect(sides.toSorted()).toEqual([
      [1, 'left'],
      [2, 'right'],
    ]);
  }
});

test('eight clips at once give what one gives', async () => {
  // Prepare
  const alone = await detector.detect(clip);

  // Act
  const together = await Promise.all(Array.from({ length: 8 }, () => detector.detect(clip)));

  // Assess
  for (const detection of together) {
    expect(detection.score).toBe(alone.score);
    expect(detection.frames).toEqual(alone.frames);
  }
  expect(await ffmpegsOn(clip)).toEqual([]);
});

describe('an abort', () => {
  let long: string;
  let thorough: Detector; // takes far longer than ten looks at the processes
  beforeAll(async () => {
    long = join(dir, 'long.mp4');
    await ffmpeg(...faceInput(20), '-vf', 'scale=960:960', ...x264, long);
    thorough = await createDetector({ modelsDir, ffmpegPath, framesSampled: 500, threads });
  });
  afterAll(() => thorough.close());

  test.for([0, 1, 3, 10])('after %i ffmpegs were seen leaves no process and no file', async (sightings) => {
    // Prepare
    const controller = new AbortController();
    const temporary = await mkdtemp(join(dir, 'tmp-')); // of its own: other tests write to the common one meanwhile
    vi.stubEnv('TMPDIR', temporary);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(tmpdir()).toBe(temporary);

    // Act
    let running = true;
    const detection = thorough.detect(long, { signal: controller.signal }).finally(() => {
      running = false;
    });
    const outcome = expect(detection).rejects.toThrow('enough');
    for (let seen = 0; running && seen < sightings; ) {
      seen += (await ffmpegsOn(long)).length;
    }
    controller.abort(new Error('enough'));
    await outcome;

    // Assess
    expect(await ffmpegsOn(long)).toEqual([]);
    expect(await readdir(temporary)).toEqual([]);
  });

  test('of a timeout is deadline_exceeded', async () => {
    await expect(detector.detect(long, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      code: 'deadline_exceeded',
    });
    expect(await ffmpegsOn(long)).toEqual([]);
  });
});

test('another classifier with its card can be dropped in', async () => {
  // Prepare: the same weights, larger mirrored crops, an output that is half as steep and leans to fake
  const classifierDir = join(dir, 'classifier');
  await cp(join(modelsDir, 'classifier'), classifierDir, { recursive: true });
  const cardPath = join(classifierDir, 'model.json');
  const card = JSON.parse(await readFile(cardPath, 'utf8'));
  const calibration = { scale: card.calibration.scale / 2, bias: card.calibration.bias / 2 + 3 };
  const views = card.views.map((view: { mirrored?: boolean }) =>
    view.mirrored ? { ...view, size: 224 } : view,
  );
  const changed = { ...card, name: 'mine', version: '9', calibration, views };
  await writeFile(cardPath, JSON.stringify(changed));

  // Act
  const own = await createDetector({ modelsDir, classifierDir, ffmpegPath, framesSampled: 8 });
  const [usual, other] = await Promise.all([detector.detect(clip), own.detect(clip)]);
  await own.close();

  // Assess: the crops move the score a little
  const logit = (p: number | null) => Math.log(p! / (1 - p!));
  expect(other.model).toMatchObject({ name: 'mine', version: '9' });
  expect(Math.abs(logit(other.score) - (logit(usual.score) / 2 + 3))).toBeLessThan(0.5);
  expect(other.score).not.toBeCloseTo(1 / (1 + Math.exp(-(logit(usual.score) / 2 + 3))), 6);
});

test('closing waits for what runs and refuses what comes', async () => {
  // Prepare
  const own = await createDetector({ modelsDir, ffmpegPath, framesSampled: 4 });
  const running = own.detect(clip);

  // Act
  await own.close();

  // Assess
  await expect(running).resolves.toMatchObject({ analysis: { framesSampled: 4 } });
  await expect(own.detect(clip)).rejects.toMatchObject({ code: 'model_unavailable' });
  await own.close();
});
