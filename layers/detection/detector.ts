import { availableParallelism } from 'node:os';
import { abortError } from './abort.ts';
import { aggregateFrames, aggregateTracks, minTrackCrops } from './aggregate.ts';
import { decodeFrames } from './decode.ts';
import { DetectionError } from './errors.ts';
import { type Examination, examineFrames } from './examine.ts';
import { type FrameThreads, startFrameThreads } from './frame-threads.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { identityOf } from './model-card.ts';
import { modelCards } from './models.ts';
import { probeClip } from './probe.ts';
import { sampleIndices } from './sample.ts';
import { findSegments } from './segments.ts';
import { createStopwatch } from './stopwatch.ts';
import type { Detection, DetectOptions, Detector } from './types.ts';
import { decide, thresholdOf } from './verdict.ts';

export interface DetectorConfig {
  /** Folder with face-detector/, face-mesh/ and classifier/, each with its model.json. */
  modelsDir: string;
  /** Folder of the classifier (model.json and its ONNX file); by default the one in `modelsDir`. */
  classifierDir?: string | undefined;
  /** Path of ffmpeg, as from `findFfmpeg`. */
  ffmpegPath: string;
  limits?: Partial<Limits>;
  /** Frames examined of each clip, spread evenly over it; 32 by default. */
  framesSampled?: number;
  /** Threads of the decoder, and as many that examine frames; by default one a core, at most 4. */
  threads?: number;
}

/**
 * Load the models and make a detector.
 *
 * @throws {DetectionError} `model_unavailable` with the reason.
 * @example
 * const detector = await createDetector({ modelsDir: 'models', ffmpegPath: findFfmpeg() });
 * const { verdict, score } = await detector.detect('clip.mp4');
 * await detector.close();
 */
export async function createDetector(config: DetectorConfig): Promise<Detector> {
  const limits = { ...defaultLimits, ...config.limits };
  const threads = config.threads ?? Math.min(4, availableParallelism());
  const framesSampled = config.framesSampled ?? 32;
  const cards = modelCards(config.modelsDir, config.classifierDir);
  const frameThreads = await startFrameThreads(cards, threads);
  const running = new Set<Promise<unknown>>();
  let closed = false;

  return {
    model: identityOf(frameThreads.card),
    detect(path, options = {}) {
      if (closed) {
        return Promise.reject(new DetectionError('model_unavailable', 'The detector has been closed.'));
      }
      const decoding = {
        ffmpegPath: config.ffmpegPath,
        limits,
        signal: options.signal,
        framesSampled,
        threads,
      };
      const detection = detectClip(path, frameThreads, decoding, options);
      const settled = detection.catch(() => {}).finally(() => running.delete(settled));
      running.add(settled);
      return detection;
    },
    async close() {
      if (closed) {
        return;
      }
      closed = true;
      await Promise.all(running);
      await frameThreads.close();
    },
  };
}

async function detectClip(
  path: string,
  frameThreads: FrameThreads,
  decoding: Parameters<typeof decodeFrames>[1],
  options: DetectOptions,
): Promise<Detection> {
  const { signal } = decoding;
  try {
    const watch = createStopwatch<'decode'>();
    const clip = await watch.time('decode', () => probeClip(path, decoding));
    const frames = watch.timeEach('decode', decodeFrames(clip, decoding));
    const examined = await examineFrames(frames, frameThreads, { signal, heatmap: options.heatmap });
    const { card } = frameThreads;
    const threshold = thresholdOf(card, options.operatingPoint ?? 'balanced');
    const tracks = aggregateTracks(examined.faces, examined.times.length, card.calibration);
    const facesScored = examined.faces.length;
    const verdict = decide({ tracks, facesScored, facesTooSmall: examined.facesTooSmall }, threshold);
    const frameScores = aggregateFrames(examined.faces, examined.times, card.calibration);
    const start = clip.times[0]!;
    return {
      verdict: verdict.label,
      score: verdict.score,
      reasons: verdict.reasons,
      model: identityOf(card),
      threshold,
      clip: clip.info,
      analysis: {
        framesSampled: examined.times.length,
        framesWithFace: examined.framesWithFace,
        facesScored,
      },
      faces: tracks,
      frames: frameScores,
      segments: findSegments(frameScores, threshold.fakeFrom, { start, end: start + clip.info.durationS }),
      timingMs: {
        decode: Math.round(watch.totalMs('decode')),
        findFaces: Math.round(examined.timingMs.findFaces),
        classify: Math.round(examined.timingMs.classify),
        total: Math.round(watch.elapsedMs()),
      },
      warnings: warningsOf(
        examined,
        tracks.length,
        sampleIndices(clip.times.length, decoding.framesSampled).length,
      ),
    };
  } catch (error) {
    throw signal?.aborted ? abortError(signal) : error;
  }
}

function warningsOf(examined: Examination, tracks: number, wanted: number): string[] {
  const { facesTooSmall, faces, times } = examined;
  const warnings: string[] = [];
  if (times.length < wanted) {
    warnings.push(`${wanted - times.length} of ${wanted} sampled frames could not be decoded.`);
  }
  if (tracks > 0 && facesTooSmall > 0) {
    warnings.push(`${facesTooSmall} faces were too small to be examined.`);
  }
  const brief = [...Map.groupBy(faces, (face) => face.track).values()].filter(
    (crops) => crops.length < minTrackCrops,
  );
  if (tracks > 0 && brief.length > 0) {
    warnings.push(
      `${brief.length} faces were seen in fewer than ${minTrackCrops} of the sampled frames and do not count.`,
    );
  }
  return warnings;
}
