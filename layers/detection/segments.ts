import type { FrameScore, Segment } from './types.ts';

/** Fewer suspicious frames in a row are taken for noise. */
const minFrames = 2;

/**
 * Suspicious stretches of a clip: sampled frames in a row that score `fakeFrom` or more.
 *
 * A stretch reaches halfway to the frames before and after it, and from the start or to the end of the clip.
 *
 * @param start, end of the clip in seconds
 */
export function findSegments(
  frames: readonly FrameScore[],
  fakeFrom: number,
  { start, end }: { start: number; end: number },
): Segment[] {
  const segments: Segment[] = [];
  const border = (left: number, right: number) => (frames[left]!.timeS + frames[right]!.timeS) / 2;
  for (let from = 0; from < frames.length; from += 1) {
    let to = from;
    while (to < frames.length && (frames[to]!.score ?? -1) >= fakeFrom) {
      to += 1;
    }
    if (to - from >= minFrames) {
      segments.push({
        startS: from === 0 ? start : border(from - 1, from),
        endS: to === frames.length ? end : border(to - 1, to),
        score: frames.slice(from, to).reduce((sum, frame) => sum + frame.score!, 0) / (to - from),
      });
    }
    from = Math.max(from, to);
  }
  return segments;
}
