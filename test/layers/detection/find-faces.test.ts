import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadFaceDetector, shrinkForDetector } from '../../../layers/detection/face-detector.ts';
import { loadFaceMesh } from '../../../layers/detection/face-mesh.ts';
import { findFaces } from '../../../layers/detection/find-faces.ts';
import type { Picture } from '../../../layers/detection/resize.ts';
import { facePath, ffmpeg, largestDifference, modelsDir, readFace, readGolden, toYuv } from './support.ts';

const detector = await loadFaceDetector(join(modelsDir, 'face-detector', 'model.json'));
const mesh = await loadFaceMesh(join(modelsDir, 'face-mesh', 'model.json'));
afterAll(() => Promise.all([detector.close(), mesh.close()]));

const face = await readFace();
const { faces: golden } = await readGolden();

/** The pictures in which make_golden.py looked for the face. */
const pictures: Picture[] = [face, paste(face, 960, 540, 300, 14), enlarge(face, 120, 30, 210, 200, 4)];

test.for([0, 1, 2])("picture %i: the same face as training's code finds", async (i) => {
  // Prepare
  const picture = toYuv(pictures[i]!);
  const { box, score, presence, landmarks } = golden[i]!;

  // Act
  const shrunk = shrinkForDetector(picture);
  const [candidate] = await detector.detect(shrunk, picture);
  const fitted = await mesh.fit(picture, candidate!);
  const [found] = await findFaces({ detector, mesh }, picture, shrunk);

  // Assess: a fraction of a percent of the face
  const { x0, y0, x1, y1 } = candidate!.box;
  expect(largestDifference([x0, y0, x1, y1], box)).toBeLessThan((x1 - x0) / 500);
  expect(candidate!.confidence).toBeCloseTo(score, 2);
  expect(fitted.presence).toBeCloseTo(presence, 3);
  expect(largestDifference(fitted.landmarks, landmarks)).toBeLessThan((x1 - x0) / 250);
  expect(found!.landmarks).toEqual(fitted.landmarks);
});

test('the mesh follows a tilted head', async () => {
  // Prepare
  const degrees = 30;
  const data = await ffmpeg(
    ...['-i', facePath, '-vf', `rotate=${degrees}*PI/180`, '-pix_fmt', 'rgb24', '-f', 'rawvideo', 'pipe:1'],
  );
  const straight = toYuv(face);
  const tilted = toYuv({ width: 512, height: 512, data: new Uint8Array(data) });

  // Act
  const [upright] = await findFaces({ detector, mesh }, straight, shrinkForDetector(straight));
  const [found] = await findFaces({ detector, mesh }, tilted, shrinkForDetector(tilted));

  // Assess: each landmark has turned about the centre of the picture
  const cos = Math.cos((degrees * Math.PI) / 180);
  const sin = Math.sin((degrees * Math.PI) / 180);
  const expected = upright!.landmarks.map((_, i, all) => {
    const dx = all[i - (i % 2)]! - 256;
    const dy = all[i - (i % 2) + 1]! - 256;
    return 256 + (i % 2 === 0 ? cos * dx - sin * dy : sin * dx + cos * dy);
  });
  expect(largestDifference(found!.landmarks, expected)).toBeLessThan(5);
});

test('a picture without a face holds none', async () => {
  // Prepare
  const data = Uint8Array.from({ length: 320 * 240 * 3 }, (_, i) => (i * 7919) % 251);
  const picture = toYuv({ width: 320, height: 240, data });

  // Act
  const found = await findFaces({ detector, mesh }, picture, shrinkForDetector(picture));

  // Assess
  expect(found).toEqual([]);
});

test('two faces are two, the largest first', async () => {
  // Prepare
  const small = paste(face, 512, 512, 0, 0);
  const both = paste(small, 1100, 520, 560, 4);
  blit(enlarge(face, 120, 20, 220, 210, 2), both, 20, 20);
  const picture = toYuv(both);

  // Act
  const found = await findFaces({ detector, mesh }, picture, shrinkForDetector(picture));

  // Assess
  expect(found.map(({ box }) => (box.x0 + box.x1) / 2 < 500)).toEqual([true, false]);
});

function paste(source: Picture, width: number, height: number, x: number, y: number): Picture {
  const target = { width, height, data: new Uint8Array(width * height * 3) };
  blit(source, target, x, y);
  return target;
}

function blit(source: Picture, target: Picture, x: number, y: number): void {
  for (let row = 0; row < source.height; row += 1) {
    const line = source.data.subarray(row * source.width * 3, (row + 1) * source.width * 3);
    target.data.set(line, ((y + row) * target.width + x) * 3);
  }
}

/** Each pixel of a part of the picture as `times` x `times` pixels. */
function enlarge(
  source: Picture,
  x: number,
  y: number,
  width: number,
  height: number,
  times: number,
): Picture {
  const large = {
    width: width * times,
    height: height * times,
    data: new Uint8Array(width * height * times ** 2 * 3),
  };
  for (let row = 0; row < large.height; row += 1) {
    for (let column = 0; column < large.width; column += 1) {
      const from = ((y + Math.floor(row / times)) * source.width + x + Math.floor(column / times)) * 3;
      large.data.set(source.data.subarray(from, from + 3), (row * large.width + column) * 3);
    }
  }
  return large;
}
