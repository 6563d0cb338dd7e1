import { describe, expect, test } from 'vitest';
import { toDetectionResponse } from '../../../layers/api/detection-response.ts';
import { detectionSchema } from '../../../layers/api/schemas.ts';
import type { Detection, VerdictLabel } from '../../../layers/detection/types.ts';

const box = { x0: 10.123, y0: 20, x1: 110.25, y1: 140 };

function createDetection(changed: Partial<Detection> = {}): Detection {
  return {
    verdict: 'fake',
    score: 0.97,
    reasons: [],
    model: { name: 'classifier', version: '1.0.0', sha256: 'ab' },
    threshold: { operatingPoint: 'balanced', fakeFrom: 0.6, realBelow: 0.4, expectedFalsePositiveRate: 0.05 },
    clip: {
      container: 'mp4',
      codec: 'h264',
      width: 640,
      height: 360,
      fps: 25,
      durationS: 2,
      frameCount: 50,
      bytes: 1000,
      sha256: 'cd',
    },
    analysis: { framesSampled: 2, framesWithFace: 2, facesScored: 3 },
    faces: [
      { track: 1, score: 0.97, frames: 2, firstS: 0.5, lastS: 1.5, box },
      { track: 2, score: 0.1, frames: 1, firstS: 1.5, lastS: 1.5, box },
    ],
    frames: [
      { timeS: 0.5, score: 0.95, faces: [{ track: 1, box, score: 0.95 }] },
      {
        timeS: 1.5,
        score: 0.99,
        faces: [
          { track: 1, box, score: 0.99 },
          { track: 2, box, score: 0.1 },
        ],
      },
    ],
    segments: [{ startS: 0, endS: 2, score: 0.97 }],
    timingMs: { decode: 10.4, findFaces: 20.6, classify: 30, total: 61.2 },
    warnings: [],
    ...changed,
  };
}

test.each<[VerdictLabel, boolean | null]>([
  ['fake', true],
  ['real', false],
  ['undetermined', null],
])('the verdict %s makes is_deepfake %s', (verdict, isDeepfake) => {
  const response = toDetectionResponse(createDetection({ verdict }), { id: '1', receiveMs: 0 });
  expect(response).toMatchObject({ verdict, is_deepfake: isDeepfake });
});

describe('include', () => {
  test('nothing: no frames, no scores through time', () => {
    const response = toDetectionResponse(createDetection(), { id: '1', receiveMs: 0 });
    expect(response).not.toHaveProperty('frames');
    expect(response.faces[0]).not.toHaveProperty('scores');
  });

  test('faces: each face through time', () => {
    const { faces } = toDetectionResponse(createDetection(), { id: '1', receiveMs: 0, include: ['faces'] });
    expect(faces.map(({ scores }) => scores?.map(({ score }) => score))).toEqual([[0.95, 0.99], [0.1]]);
  });

  test('heatmap: the frames with it, and no warning when there is one', () => {
    const heatmap = { width: 1, height: 2, values: [0, 1] };
    const frames = [{ timeS: 0.5, score: 0.95, faces: [{ track: 1, box, score: 0.95, heatmap }] }];
    const options = { id: '1', receiveMs: 0, include: ['heatmap'] } as const;
    const response = toDetectionResponse(createDetection({ frames }), options);
    expect(response.frames?.[0]?.faces[0]?.heatmap).toEqual(heatmap);
    expect(response.warnings).toEqual([]);
  });
});

test('the response keeps to its schema and loses nothing on the way', () => {
  const include = ['frames', 'faces', 'heatmap'] as const;
  const response = toDetectionResponse(createDetection(), { id: '1', receiveMs: 5.4, include });
  expect(detectionSchema.parse(response)).toEqual(response);
  expect(response.timing_ms).toEqual({ receive: 5, decode: 10, find_faces: 21, classify: 30, total: 67 });
  expect(response.faces[0]!.box).toEqual({ x0: 10.1, y0: 20, x1: 110.3, y1: 140 });
});
