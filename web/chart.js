import { clock, percent } from './describe.js';
import { svg } from './elements.js';

const HEIGHT = 200;
const TOP = 10;
const BOTTOM = 168;
const LEFT = 44;

/**
 * The score of every examined frame over time, a line a face, the suspicious stretches shaded and the thresholds drawn.
 * @param {number} width in CSS pixels, so that its letters have one size on every screen
 * @returns {SVGElement} with a text alternative; the numbers themselves stand in the JSON under Details
 */
export function drawTimeline({ frames, segments, threshold, clip, faces }, width) {
  const right = width - 6;
  const x = (seconds) => LEFT + (seconds / clip.duration_s) * (right - LEFT);
  const y = (score) => BOTTOM - score * (BOTTOM - TOP);
  return svg(
    'svg',
    {
      viewBox: `0 0 ${width} ${HEIGHT}`,
      class: 'chart',
      role: 'img',
      'aria-label': describe(frames, segments),
    },
    ...segments.map(({ start_s: start, end_s: end }) =>
      svg('rect', {
        class: 'segment',
        x: x(start),
        y: TOP,
        width: Math.max(2, x(end) - x(start)),
        height: BOTTOM - TOP,
      }),
    ),
    ...[0, 0.5, 1].flatMap((score) => [
      svg('line', { class: 'grid', x1: LEFT, x2: right, y1: y(score), y2: y(score) }),
      label(LEFT - 6, y(score) + 4, percent(score), 'end'),
    ]),
    ...timeMarks(clip.duration_s, width).map(([seconds, anchor]) =>
      label(x(seconds), HEIGHT - 10, clock(seconds), anchor),
    ),
    svg('line', {
      class: 'threshold',
      x1: LEFT,
      x2: right,
      y1: y(threshold.fake_from),
      y2: y(threshold.fake_from),
    }),
    ...faces.flatMap(({ track }, index) => drawTrack(frames, track, `series series-${index % 4}`, x, y)),
  );
}

function drawTrack(frames, track, className, x, y) {
  const points = frames.flatMap(({ time_s: time, faces }) =>
    faces.filter((face) => face.track === track).map(({ score }) => [x(time), y(score), time, score]),
  );
  return [
    svg('polyline', { class: className, points: points.map(([left, top]) => `${left},${top}`).join(' ') }),
    ...points.map(([cx, cy, time, score]) =>
      svg(
        'circle',
        { class: className, cx, cy, r: 3 },
        svg('title', {}, `${clock(time)}: ${percent(score)}`),
      ),
    ),
  ];
}

function label(x, y, text, anchor) {
  return svg('text', { x, y, 'text-anchor': anchor }, text);
}

/** Moments to name below the chart, fewer on a narrow screen, the outer ones kept inside it. */
function timeMarks(durationS, width) {
  const count = width < 500 ? 2 : 4;
  const anchors = { 0: 'start', [count]: 'end' };
  return Array.from({ length: count + 1 }, (_, i) => [(i / count) * durationS, anchors[i] ?? 'middle']);
}

function describe(frames, segments) {
  const scored = frames.filter(({ score }) => score !== null);
  const stretches = segments.map(({ start_s: start, end_s: end }) => `${clock(start)} to ${clock(end)}`);
  const suspicious = stretches.length ? `Suspicious: ${stretches.join(', ')}.` : 'No suspicious stretch.';
  return `Score over time, ${scored.length} of ${frames.length} frames scored. ${suspicious}`;
}
