import type { Box } from './types.ts';

export function boxWidth(box: Box): number {
  return box.x1 - box.x0;
}

export function boxHeight(box: Box): number {
  return box.y1 - box.y0;
}

/** Intersection over union, 0..1. */
export function iou(a: Box, b: Box): number {
  const width = Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0);
  const height = Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0);
  const shared = Math.max(0, width) * Math.max(0, height);
  const joint = boxWidth(a) * boxHeight(a) + boxWidth(b) * boxHeight(b) - shared;
  return shared / Math.max(joint, 1e-9);
}

/** The part of the box that lies in a picture of `width` x `height` pixels. */
export function clipBox(box: Box, width: number, height: number): Box {
  const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value));
  return {
    x0: clamp(box.x0, width),
    y0: clamp(box.y0, height),
    x1: clamp(box.x1, width),
    y1: clamp(box.y1, height),
  };
}

/** Smallest box around x, y pairs. */
export function boundingBox(points: ArrayLike<number>): Box {
  const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i]!;
    const y = points[i + 1]!;
    box.x0 = Math.min(box.x0, x);
    box.y0 = Math.min(box.y0, y);
    box.x1 = Math.max(box.x1, x);
    box.y1 = Math.max(box.y1, y);
  }
  return box;
}

/** The box grown by `margin` of its width and height on each side. */
export function widenBox(box: Box, margin: number): Box {
  const dx = margin * boxWidth(box);
  const dy = margin * boxHeight(box);
  return { x0: box.x0 - dx, y0: box.y0 - dy, x1: box.x1 + dx, y1: box.y1 + dy };
}

/** The part of the box from x0, y0 to x1, y1, shares of its width and height. */
export function partOfBox(box: Box, [x0, y0, x1, y1]: readonly [number, number, number, number]): Box {
  const [width, height] = [boxWidth(box), boxHeight(box)];
  return {
    x0: box.x0 + x0 * width,
    y0: box.y0 + y0 * height,
    x1: box.x0 + x1 * width,
    y1: box.y0 + y1 * height,
  };
}
