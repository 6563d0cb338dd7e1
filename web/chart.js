import { clock, percent } from './describe.js';
import { svg } from './elements.js';

const WIDTH = 640;
const HEIGHT = 200;
const PLOT = { left: 44, right: 628, top: 10, bottom: 168 };

/**
 * The score of every examined frame over time, a line a face, the suspicious stretches shaded and the thresholds drawn.
 * @returns {SVGElement} with a text alternative; the same numbers stand in the table below it
 */
export function drawTimeline({ frames, segments, threshold, clip, faces }) {
  const x = (seconds) => PLOT.left + (seconds / clip.duration_s) * (PLOT.right - PLOT.left);
  const y = (score) => PLOT.bottom - score * (PLOT.bottom - PLOT.top);
  return svg(
    'svg',
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      class: 'chart',
      role: 'img',
      'aria-label': describe(frames, segments),
    },
    ...segments.map(({ start_s: start, end_s: end }) =>
      svg('rect', {
        class: 'segment',
        x: x(start),
        y: PLOT.top,
        width: Math.max(2, x(end) - x(start)),
        height: PLOT.bottom - PLOT.top,
      }),
    ),
    ...[0, 0.5, 1].flatMap((score) => [
      svg('line', { class: 'grid', x1: PLOT.left, x2: PLOT.right, y1: y(score), y2: y(score) }),
      label(PLOT.left - 6, y(score) + 4, percent(score), 'end'),
    ]),
    ...timeMarks(clip.duration_s).map((seconds) => label(x(seconds), HEIGHT - 10, clock(seconds), 'middle')),
    svg('line', {
      class: 'threshold',
      x1: PLOT.left,
      x2: PLOT.right,
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

function timeMarks(durationS) {
  return [0, 0.25, 0.5, 0.75, 1].map((part) => part * durationS);
}

function describe(frames, segments) {
  const scored = frames.filter(({ score }) => score !== null);
  const stretches = segments.map(({ start_s: start, end_s: end }) => `${clock(start)} to ${clock(end)}`);
  const suspicious = stretches.length ? `Suspicious: ${stretches.join(', ')}.` : 'No suspicious stretch.';
  return `Score over time, ${scored.length} of ${frames.length} frames scored. ${suspicious}`;
}
