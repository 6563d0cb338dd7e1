/**
 * Tells whether the face in a video clip was forged. Knows neither AWS nor HTTP.
 *
 * @example
 * import { createDetector, findFfmpeg } from './layers/detection/index.ts';
 *
 * const detector = await createDetector({ modelsDir: 'models', ffmpegPath: findFfmpeg() });
 * const { verdict, score, faces } = await detector.detect('clip.mp4', { signal: AbortSignal.timeout(30_000) });
 * await detector.close();
 *
 * @module
 */
export { createDetector, type DetectorConfig } from './detector.ts';
export { DetectionError, type DetectionErrorCode } from './errors.ts';
export { findFfmpeg } from './ffmpeg.ts';
export { defaultLimits, type Limits } from './limits.ts';
export type * from './types.ts';
