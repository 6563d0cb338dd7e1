import { throwIfAborted } from './abort.ts';
import type { ScoredFace } from './aggregate.ts';
import { boxHeight, boxWidth, clipBox } from './box.ts';
import type { Classifier } from './classify.ts';
import { cropFace } from './crop.ts';
import { shrinkForDetector } from './face-detector.ts';
import { type FaceFinder, findFaces } from './find-faces.ts';
import type { Picture } from './resize.ts';
import { createShotCounter } from './shots.ts';
import type { Stopwatch } from './stopwatch.ts';
import { createTracker } from './track.ts';
import type { Frame } from './types.ts';

/** Everything that was seen in the sampled frames of a clip. */
export interface Examination {
  /** Times of the sampled frames in seconds. */
  times: number[];
  framesWithFace: number;
  facesTooSmall: number;
  faces: ScoredFace[];
}

export type ExamineStage = 'decode' | 'findFaces' | 'classify';

/** Faces with a shorter side below this many pixels hold too little to be judged. */
export const minFacePixels = 40;
const facesPerBatch = 8;

/** Find, follow, crop and score the faces of `frames`, while later frames are still being decoded. */
export async function examineFrames(
  frames: AsyncIterable<Frame>,
  finder: FaceFinder,
  classifier: Classifier,
  watch: Stopwatch<ExamineStage>,
  options: { signal?: AbortSignal | undefined; heatmap?: boolean | undefined } = {},
): Promise<Examination> {
  const { crop, views } = classifier.card;
  const cropping = {
    margin: crop.margin,
    longestFace: crop.longest_face,
    sizes: views.map(({ size }) => size),
  };
  const examination: Examination = { times: [], framesWithFace: 0, facesTooSmall: 0, faces: [] };
  const shotOf = createShotCounter();
  const tracker = createTracker();
  let waiting: { face: Omit<ScoredFace, 'raw'>; crops: Picture[] }[] = [];

  const classifyWaiting = async () => {
    const batch = waiting;
    waiting = [];
    const faces = batch.map(({ crops }) => crops);
    const scores = await watch.time('classify', () =>
      classifier.classify(faces, { heatmap: options.heatmap }),
    );
    for (const [i, { face }] of batch.entries()) {
      const { probability, heatmap } = scores[i]!;
      examination.faces.push({ ...face, raw: probability, ...(heatmap && { heatmap }) });
    }
  };

  const examineFrame = async (frame: Frame) => {
    const shrunk = shrinkForDetector(frame.thumbnail);
    const found = await findFaces(finder, frame, shrunk);
    const faces = found.filter(({ box }) => Math.min(boxWidth(box), boxHeight(box)) >= minFacePixels);
    const boxes = faces.map(({ box }) => clipBox(box, frame.width, frame.height));
    const tracks = tracker.assign(boxes, shotOf(shrunk.at(-1)!));
    examination.times.push(frame.timeS);
    examination.framesWithFace += found.length > 0 ? 1 : 0;
    examination.facesTooSmall += found.length - faces.length;
    for (const [i, { box }] of faces.entries()) {
      const crops = cropFace(frame, box, cropping);
      waiting.push({ face: { track: tracks[i]!, timeS: frame.timeS, box: boxes[i]! }, crops });
    }
  };

  for await (const frame of frames) {
    throwIfAborted(options.signal);
    await watch.time('findFaces', () => examineFrame(frame));
    if (waiting.length >= facesPerBatch) {
      await classifyWaiting();
    }
  }
  throwIfAborted(options.signal);
  await classifyWaiting();
  return examination;
}
