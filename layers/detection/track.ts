import { boxHeight, boxWidth } from './box.ts';
import type { Box } from './types.ts';

interface OpenTrack {
  track: number;
  shot: number;
  /** Number of the frame in which it was last seen. */
  frame: number;
  box: Box;
}

// Between two sampled frames a head moves by less than its own size and changes its size by less than this.
const mostShift = 1;
const mostGrowth = 1.6;

/** Follows faces from frame to frame, by place and size; see `assign`. */
export interface Tracker {
  /**
   * Give each face of the next frame the number of its track, from 1.
   * @param shot number of the shot; a track never goes on in another shot.
   */
  assign(boxes: readonly Box[], shot: number): number[];
}

/**
 * Tell several people apart. Faces go to the nearest track of the shot; a lone face goes on in the lone track of the
 * frame before wherever it moved.
 */
export function createTracker(): Tracker {
  const tracks: OpenTrack[] = [];
  let frame = 0;
  return {
    assign(boxes, shot) {
      frame += 1;
      const open = tracks.filter((track) => track.shot === shot);
      const before = open.filter((track) => track.frame === frame - 1);
      const alone = boxes.length === 1 && before.length === 1;
      const pairs =
        alone && growth(before[0]!.box, boxes[0]!) < mostGrowth ? [{ face: 0, track: before[0]! }] : [];
      const numbers = matchNearest(boxes, open, pairs);
      return boxes.map((box, face) => {
        const known = numbers.get(face);
        const track = known ?? { track: tracks.length + 1, shot, frame, box };
        if (!known) {
          tracks.push(track);
        }
        Object.assign(track, { frame, box });
        return track.track;
      });
    },
  };
}

function matchNearest(
  boxes: readonly Box[],
  open: readonly OpenTrack[],
  certain: readonly { face: number; track: OpenTrack }[],
): Map<number, OpenTrack> {
  const near = boxes
    .flatMap((box, face) => open.map((track) => ({ face, track, shift: shift(track.box, box) })))
    .filter(({ face, track, shift }) => shift < mostShift && growth(track.box, boxes[face]!) < mostGrowth)
    .sort((a, b) => a.shift - b.shift);
  const matched = new Map<number, OpenTrack>();
  const taken = new Set<OpenTrack>();
  for (const { face, track } of [...certain, ...near]) {
    if (!matched.has(face) && !taken.has(track)) {
      matched.set(face, track);
      taken.add(track);
    }
  }
  return matched;
}

/** Distance of the centres in face sizes. */
function shift(a: Box, b: Box): number {
  const dx = (a.x0 + a.x1 - b.x0 - b.x1) / 2;
  const dy = (a.y0 + a.y1 - b.y0 - b.y1) / 2;
  return Math.hypot(dx, dy) / Math.max(size(a), size(b));
}

/** How many times larger the larger is. */
function growth(a: Box, b: Box): number {
  return Math.max(size(a), size(b)) / Math.max(1e-9, Math.min(size(a), size(b)));
}

function size(box: Box): number {
  return (boxWidth(box) + boxHeight(box)) / 2;
}
