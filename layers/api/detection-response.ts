import type { Detection, FaceTrack, FrameScore } from '../detection/types.ts';
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
      start_s: segment.startS,
      end_s: segment.endS,
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
      .map((one) => ({ time_s: timeS, score: one.score, box: one.box })),
  );
  return {
    track,
    score,
    frames: face.frames,
    first_s: firstS,
    last_s: lastS,
    box,
    ...(scores && { scores }),
  };
}

function toFrame({ timeS, score, faces }: FrameScore): NonNullable<DetectionResponse['frames']>[number] {
  return { time_s: timeS, score, faces };
}
