import { drawTimeline } from './chart.js';
import { clock, describeVerdict, percent } from './describe.js';
import { html } from './elements.js';

/** Fill the result's section with everything a detection says. */
export function showResult(section, detection) {
  const { title, text, reasons } = describeVerdict(detection);
  section.className = `result is-${detection.verdict}`;
  section.replaceChildren(
    html('h2', { id: 'verdict' }, title),
    html('p', {}, text),
    ...list(reasons),
    ...scoreBar(detection),
    ...timeline(detection),
    ...segmentList(detection),
    ...faceTable(detection),
    ...list(detection.warnings),
    details(detection),
  );
}

function scoreBar({ score, threshold }) {
  if (score === null) return [];
  const meter = html('meter', {
    id: 'score',
    min: 0,
    max: 1,
    low: threshold.real_below,
    high: threshold.fake_from,
    optimum: 0,
    value: score,
  });
  return [
    html('label', { for: 'score', class: 'score' }, `Probability that it is a deepfake: ${percent(score)}`),
    meter,
    html(
      'p',
      { class: 'hint' },
      `Called fake from ${percent(threshold.fake_from)}, real below ${percent(threshold.real_below)} (${threshold.operating_point}).`,
    ),
  ];
}

function timeline(detection) {
  const hasScores = detection.frames?.some(({ score }) => score !== null);
  if (!hasScores) return [];
  return [
    html('h3', {}, 'Through the clip'),
    drawTimeline(detection, Math.min(700, Math.max(300, document.documentElement.clientWidth - 80))),
    html('p', { class: 'hint' }, 'One line a face; the dashed line is where a clip is called fake.'),
  ];
}

function segmentList({ segments }) {
  if (segments.length === 0) return [];
  return [
    html('h3', {}, 'Suspicious moments'),
    ...list(segments.map((one) => `${clock(one.start_s)} to ${clock(one.end_s)}: ${percent(one.score)}`)),
  ];
}

function faceTable({ faces }) {
  if (faces.length === 0) return [];
  const rows = faces.map((face, index) =>
    html(
      'tr',
      {},
      html('th', { scope: 'row' }, html('span', { class: `key series-${index % 4}` }), ` Face ${index + 1}`),
      html('td', {}, percent(face.score)),
      html('td', {}, String(face.frames)),
      html('td', {}, `${clock(face.first_s)} to ${clock(face.last_s)}`),
      html('td', {}, place(face.box)),
    ),
  );
  const heads = ['Face', 'Score', 'Frames', 'Seen', 'Where (pixels)'];
  return [
    html('h3', {}, 'Faces'),
    html(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Faces' },
      html(
        'table',
        {},
        html('thead', {}, html('tr', {}, ...heads.map((head) => html('th', { scope: 'col' }, head)))),
        html('tbody', {}, ...rows),
      ),
    ),
  ];
}

function place({ x0, y0, x1, y1 }) {
  return `${Math.round(x1 - x0)} × ${Math.round(y1 - y0)} at ${Math.round(x0)}, ${Math.round(y0)}`;
}

function details(detection) {
  const { clip, analysis, model, timing_ms: timing } = detection;
  const entries = {
    Clip: `${clip.width} × ${clip.height}, ${clip.duration_s.toFixed(1)} s, ${clip.codec} in ${clip.container}`,
    'SHA-256': clip.sha256,
    Examined: `${analysis.frames_sampled} frames, ${analysis.frames_with_face} with a face`,
    Model: `${model.name} ${model.version}`,
    Time: `${(timing.total / 1000).toFixed(1)} s`,
    Id: detection.id,
  };
  const items = Object.entries(entries).flatMap(([term, value]) => [
    html('dt', {}, term),
    html('dd', {}, value),
  ]);
  return html(
    'details',
    {},
    html('summary', {}, 'Details'),
    html('dl', {}, ...items),
    html('pre', { tabindex: 0, 'aria-label': 'The answer as JSON' }, JSON.stringify(detection, null, 2)),
  );
}

function list(texts) {
  return texts.length ? [html('ul', {}, ...texts.map((text) => html('li', {}, text)))] : [];
}
