import type { YuvPicture } from './yuv.ts';

/** An axis-aligned box in pixels of the upright picture (after rotation); x1 and y1 are exclusive. */
export interface Box {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** What is known of a clip before it is decoded. Sizes are those of the upright picture in pixels. */
export interface ClipInfo {
  container: string;
  codec: string;
  width: number;
  height: number;
  fps: number;
  durationS: number;
  frameCount: number;
  bytes: number;
  /** Hex SHA-256 of the file. */
  sha256: string;
}

/** One decoded picture. */
export interface Frame extends YuvPicture {
  index: number;
  timeS: number;
}

/** A face in one frame. */
export interface Face {
  box: Box;
  /** x, y pairs of the 468 face-mesh landmarks in pixels of the frame. */
  landmarks: Float32Array;
  /** 0..1, of the face detector. */
  confidence: number;
}

export type OperatingPoint = 'balanced' | 'strict' | 'sensitive';
export type VerdictLabel = 'fake' | 'real' | 'undetermined';
export type UndeterminedReason = 'no_face' | 'face_too_small' | 'too_few_frames' | 'low_confidence';

/** One face in one frame, scored. `score` is the calibrated P(fake) of this crop alone. */
export interface FaceScore {
  track: number;
  box: Box;
  score: number;
  /** Row-major CAM of the crop, values 0..1, only when asked for and when the classifier has one. */
  heatmap?: { width: number; height: number; values: number[] };
}

export interface FrameScore {
  timeS: number;
  /** Highest score among the faces of the frame; null without a scored face. */
  score: number | null;
  faces: FaceScore[];
}

/** One person followed through the clip. */
export interface FaceTrack {
  track: number;
  /** Calibrated P(fake) of the whole track. */
  score: number;
  frames: number;
  firstS: number;
  lastS: number;
  /** Median box over the track. */
  box: Box;
}

export interface Segment {
  startS: number;
  endS: number;
  score: number;
}

export interface ModelIdentity {
  name: string;
  version: string;
  /** Hex SHA-256 of its file; of two, that of the hex SHA-256 of the one and of the other, put together. */
  sha256: string;
}

export interface Threshold {
  operatingPoint: OperatingPoint;
  fakeFrom: number;
  realBelow: number;
  expectedFalsePositiveRate: number | null;
}

/** Everything the detector found out about one clip. */
export interface Detection {
  verdict: VerdictLabel;
  /** Calibrated probability that the clip is a deepfake, 0..1; null if no face was scored. */
  score: number | null;
  reasons: UndeterminedReason[];
  model: ModelIdentity;
  threshold: Threshold;
  clip: ClipInfo;
  analysis: { framesSampled: number; framesWithFace: number; facesScored: number };
  faces: FaceTrack[];
  frames: FrameScore[];
  segments: Segment[];
  timingMs: { decode: number; findFaces: number; classify: number; total: number };
  warnings: string[];
}

export interface DetectOptions {
  signal?: AbortSignal;
  operatingPoint?: OperatingPoint;
  /** Adds the heatmap of each scored face. */
  heatmap?: boolean;
}

/** Created once, models loaded once, safe to call concurrently. */
export interface Detector {
  readonly model: ModelIdentity;
  /**
   * Examine the clip in a local file.
   * @throws {DetectionError} with the code that says why the clip could not be examined.
   */
  detect(path: string, options?: DetectOptions): Promise<Detection>;
  close(): Promise<void>;
}
