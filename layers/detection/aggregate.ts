import { calibrate } from './calibrate.ts';
import type { ClassifierCard } from './model-card.ts';
import type { Box, FaceScore, FaceTrack, FrameScore } from './types.ts';

/** One scored crop. */
export interface ScoredFace {
  track: number;
  timeS: number;
  box: Box;
  /** P(fake) of the crop before calibration. */
  raw: number;
  heatmap?: NonNullable<FaceScore['heatmap']>;
}

/** A track with fewer crops than this says too little: a single crop misleads easily. */
export const minTrackCrops = 4;

/** Of the sampled frames. A forgery that takes up only part of a clip would drown in the mean over all of it. */
const shareThatDecides = 1 / 3;

/**
 * Tracks with enough crops, the most suspicious first. A track's score is the calibrated mean over those crops in a row whose
 * mean is highest: as many as a third of the sampled frames and four at least, all crops of a track that has fewer. A third of
 * a brief track's own crops would be so few that they mislead.
 */
export function aggregateTracks(
  faces: readonly ScoredFace[],
  framesSampled: number,
  calibration: ClassifierCard['calibration'],
): FaceTrack[] {
  const deciding = Math.max(minTrackCrops, Math.ceil(framesSampled * shareThatDecides));
  const byTrack = Map.groupBy(faces, (face) => face.track);
  return [...byTrack]
    .filter(([, crops]) => crops.length >= minTrackCrops)
    .map(([track, crops]) => ({
      track,
      score: calibrate(highestMean(crops, deciding), calibration),
      frames: crops.length,
      firstS: Math.min(...crops.map((crop) => crop.timeS)),
      lastS: Math.max(...crops.map((crop) => crop.timeS)),
      box: medianBox(crops.map((crop) => crop.box)),
    }))
    .sort((a, b) => b.score - a.score);
}

/** The scores of the sampled frames, in order; `times` are those of all sampled frames in seconds. */
export function aggregateFrames(
  faces: readonly ScoredFace[],
  times: readonly number[],
  calibration: ClassifierCard['calibration'],
): FrameScore[] {
  const byTime = Map.groupBy(faces, (face) => face.timeS);
  return times.map((timeS) => {
    const scored = (byTime.get(timeS) ?? []).map(({ track, box, raw, heatmap }) => ({
      track,
      box,
      score: calibrate(raw, calibration),
      ...(heatmap && { heatmap }),
    }));
    const score = scored.length > 0 ? Math.max(...scored.map((face) => face.score)) : null;
    return { timeS, score, faces: scored };
  });
}

function medianBox(boxes: readonly Box[]): Box {
  const side = (name: keyof Box) => median(boxes.map((box) => box[name]));
  return { x0: side('x0'), y0: side('y0'), x1: side('x1'), y1: side('y1') };
}

/** Of `most` crops in a row, or of all where there are fewer. */
function highestMean(crops: readonly ScoredFace[], most: number): number {
  const values = crops.map((crop) => crop.raw);
  const length = Math.min(most, values.length);
  const starts = Array.from({ length: values.length - length + 1 }, (_, start) => start);
  return Math.max(...starts.map((start) => mean(values.slice(start, start + length))));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
