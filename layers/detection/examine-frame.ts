import { boxHeight, boxWidth, clipBox } from './box.ts';
import { type CropScore, viewsOf } from './classify.ts';
import { cropFace } from './crop.ts';
import { shrinkForDetector } from './face-detector.ts';
import { findFaces } from './find-faces.ts';
import type { Models } from './models.ts';
import type { Picture } from './resize.ts';
import { createStopwatch } from './stopwatch.ts';
import type { Box, Frame } from './types.ts';

/** Everything that was seen in one frame. */
export interface FrameExamination {
  timeS: number;
  facesTooSmall: number;
  /** The others, the largest first, their boxes within the frame. */
  faces: { box: Box; score: CropScore }[];
  /** The frame in few pixels. */
  miniature: Picture;
  timingMs: { findFaces: number; classify: number };
}

export interface ExamineOptions {
  /** Adds the heatmap of each face. */
  heatmap?: boolean | undefined;
}

/** Faces with a shorter side below this many pixels hold too little to be judged. */
const minFacePixels = 40;

/** Find, crop and score the faces of a frame. */
export async function examineFrame(
  frame: Frame,
  { finder, classifier }: Models,
  options: ExamineOptions,
): Promise<FrameExamination> {
  const watch = createStopwatch<'findFaces' | 'classify'>();
  const { crop } = classifier.card;
  const views = viewsOf(classifier.card, frame.index);
  const cropping = { margin: crop.margin, longestFace: crop.longest_face, views };
  const shrunk = shrinkForDetector(frame);
  const { faces, facesTooSmall } = await watch.time('findFaces', async () => {
    const found = await findFaces(finder, frame, shrunk);
    const large = found.filter(({ box }) => Math.min(boxWidth(box), boxHeight(box)) >= minFacePixels);
    return {
      faces: large.map(({ box }) => ({ box, crops: cropFace(frame, box, cropping) })),
      facesTooSmall: found.length - large.length,
    };
  });
  const scores = await watch.time('classify', () =>
    classifier.classify(
      faces.map(({ crops }) => crops),
      views,
      options,
    ),
  );
  return {
    timeS: frame.timeS,
    facesTooSmall,
    faces: faces.map(({ box }, i) => ({
      box: clipBox(box, frame.width, frame.height),
      score: scores[i]!,
    })),
    miniature: shrunk.at(-1)!,
    timingMs: { findFaces: watch.totalMs('findFaces'), classify: watch.totalMs('classify') },
  };
}
