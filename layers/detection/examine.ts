import { throwIfAborted } from './abort.ts';
import type { ScoredFace } from './aggregate.ts';
import type { ExamineOptions, FrameExamination } from './examine-frame.ts';
import type { FrameThreads } from './frame-threads.ts';
import { createShotCounter } from './shots.ts';
import { createTracker } from './track.ts';
import type { Frame } from './types.ts';

/** Everything that was seen in the sampled frames of a clip. */
export interface Examination {
  /** Times of the sampled frames in seconds. */
  times: number[];
  framesWithFace: number;
  facesTooSmall: number;
  faces: ScoredFace[];
  /** Added up over the threads. */
  timingMs: FrameExamination['timingMs'];
}

/** Find, score and follow the faces of `frames`, several at a time, while later frames are still being decoded. */
export async function examineFrames(
  frames: AsyncIterable<Frame>,
  threads: FrameThreads,
  options: ExamineOptions & { signal?: AbortSignal | undefined },
): Promise<Examination> {
  const { signal, heatmap } = options;
  const examination: Examination = {
    times: [],
    framesWithFace: 0,
    facesTooSmall: 0,
    faces: [],
    timingMs: { findFaces: 0, classify: 0 },
  };
  const add = createAdder(examination);
  const underway: Promise<FrameExamination>[] = [];
  try {
    for await (const frame of frames) {
      throwIfAborted(signal);
      // One more than there are threads, so that none has to wait for the next.
      if (underway.length > threads.count) {
        add(await underway.shift()!);
      }
      const examined = threads.examine(frame, { heatmap });
      // Whoever awaits it learns of a failure; until then it must only not end the process.
      examined.catch(() => {});
      underway.push(examined);
    }
    throwIfAborted(signal);
    for (const examined of underway) {
      add(await examined);
    }
  } finally {
    await Promise.allSettled(underway);
  }
  return examination;
}

/** Adds frames to `examination`, which have to come in their order, since each face is followed from frame to frame. */
function createAdder(examination: Examination): (frame: FrameExamination) => void {
  const shotOf = createShotCounter();
  const tracker = createTracker();
  return ({ timeS, faces, facesTooSmall, miniature, timingMs }) => {
    const boxes = faces.map(({ box }) => box);
    const tracks = tracker.assign(boxes, shotOf(miniature));
    examination.times.push(timeS);
    examination.framesWithFace += faces.length + facesTooSmall > 0 ? 1 : 0;
    examination.facesTooSmall += facesTooSmall;
    for (const [i, { box, score }] of faces.entries()) {
      const { probability, heatmap } = score;
      examination.faces.push({
        track: tracks[i]!,
        timeS,
        box,
        raw: probability,
        ...(heatmap && { heatmap }),
      });
    }
    examination.timingMs.findFaces += timingMs.findFaces;
    examination.timingMs.classify += timingMs.classify;
  };
}
