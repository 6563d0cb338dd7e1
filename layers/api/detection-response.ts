import type { Box, Detection, FaceTrack, FrameScore } from '../detection/types.ts';
import { API_VERSION, type DetectionResponse, type IncludeKey } from './schemas.ts';

export interface DetectionResponseOptions {
  id: string;
  include?: readonly IncludeKey[];
  /** Milliseconds spent on getting the clip to the detector. */
  receiveMs: number;
}

const NO_HEATMAP = 'This classifier draws no heatmap.';

/** What the API answers for a detection. `score` always means P(fake). */
export function toDetectionResponse(
  detection: Detection,
  { id, include = [], receiveMs }: DetectionResponseOptions,
): DetectionResponse {
  const { verdict, threshold, clip, analysis, timingMs } = detection;
  const showFrames = include.includes('frames') || include.includes('heatmap');
  const scoredFaces = detection.frames.flatMap(({ faces }) => faces);
  const hasNoHeatmap = include.includes('heatmap') && scoredFaces.length > 0 && !scoredFaces[0]!.heatmap;
  return {
    is_deepfake: verdict === 'undetermined' ? null : verdict === 'fake',
    verdict,
    score: detection.score,
    reasons: detection.reasons,
    id,
    api_version: API_VERSION,
    model: detection.model,
    threshold: {
      operating_point: threshold.operatingPoint,
      fake_from: threshold.fakeFrom,
      real_below: threshold.realBelow,
      expected_false_positive_rate: threshold.expectedFalsePositiveRate,
    },
    clip: {
      duration_s: clip.durationS,
      fps: clip.fps,
      frame_count: clip.frameCount,
      width: clip.width,
      height: clip.height,
      codec: clip.codec,
      container: clip.container,
      sha256: clip.sha256,
    },
    analysis: {
      frames_sampled: analysis.framesSampled,
      frames_with_face: analysis.framesWithFace,
      faces_scored: analysis.facesScored,
    },
    faces: detection.faces.map((track) => toFace(track, include.includes('faces') ? detection.frames : null)),
    ...(showFrames && { frames: detection.frames.map(toFrame) }),
    segments: detection.segments.map((segment) => ({
      start_s: round(segment.startS, 3),
      end_s: round(segment.endS, 3),
      score: segment.score,
    })),
    timing_ms: {
      receive: Math.round(receiveMs),
      decode: Math.round(timingMs.decode),
      find_faces: Math.round(timingMs.findFaces),
      classify: Math.round(timingMs.classify),
      total: Math.round(receiveMs + timingMs.total),
    },
    warnings: [...detection.warnings, ...(hasNoHeatmap ? [NO_HEATMAP] : [])],
  };
}

function toFace(face: FaceTrack, frames: FrameScore[] | null): DetectionResponse['faces'][number] {
  const { track, score, firstS, lastS, box } = face;
  const scores = frames?.flatMap(({ timeS, faces }) =>
    faces
      .filter((one) => one.track === track)
      .map((one) => ({ time_s: round(timeS, 3), score: one.score, box: roundBox(one.box) })),
  );
  return {
    track,
    score,
    frames: face.frames,
    first_s: round(firstS, 3),
    last_s: round(lastS, 3),
    box: roundBox(box),
    ...(scores && { scores }),
  };
}

function toFrame({ timeS, score, faces }: FrameScore): NonNullable<DetectionResponse['frames']>[number] {
  return {
    time_s: round(timeS, 3),
    score,
    faces: faces.map((face) => ({ ...face, box: roundBox(face.box) })),
  };
}

/** Tenths of a pixel: what is beyond says nothing about a face. */
function roundBox({ x0, y0, x1, y1 }: Box): Box {
  return { x0: round(x0, 1), y0: round(y0, 1), x1: round(x1, 1), y1: round(y1, 1) };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
