import { stripVTControlCharacters, styleText } from 'node:util';
import type { Problem } from '../../layers/api/errors.ts';
import type { DetectionResponse } from '../../layers/api/schemas.ts';

type Reason = DetectionResponse['reasons'][number];

const reasonTexts: Record<Reason, string> = {
  no_face: 'no face was found',
  face_too_small: 'the faces are too small to be examined',
  too_few_frames: 'no face is seen in enough frames',
  low_confidence: 'the score lies between the thresholds',
};
const colours = { fake: 'red', real: 'green', undetermined: 'yellow' } as const;

/** The verdict on a clip in a line, and for a fake which face and when in another. */
export function describeVerdict(file: string, response: DetectionResponse): string {
  const { verdict, score, reasons, threshold } = response;
  const label = styleText(colours[verdict], verdict, { stream: process.stdout });
  const scoreText = score === null ? '' : `, score ${score.toFixed(2)} (fake from ${threshold.fake_from})`;
  const why = reasons.map((reason) => reasonTexts[reason]).join(', ');
  const line = `${printable(file)}: ${label}${scoreText}${why && `: ${why}`}`;
  return verdict === 'fake' ? `${line}\n  ${describeEvidence(response)}` : line;
}

/** Why a clip could not be examined, in a line. */
export function describeFailure(file: string, { code, detail }: Problem): string {
  return `${printable(file)}: not examined: ${detail} (${code})`;
}

/** How many clips got which answer. */
export function describeTotals(counts: Record<string, number>): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return `${total} clips: ${parts.map(([answer, count]) => `${count} ${answer}`).join(', ')}`;
}

function describeEvidence({ faces, segments, analysis }: DetectionResponse): string {
  const [face] = faces.toSorted((a, b) => b.score - a.score);
  const stretches = segments.map(({ start_s, end_s }) => `${start_s.toFixed(1)}-${end_s.toFixed(1)} s`);
  const which = face && faces.length > 1 ? `face ${face.track} of ${faces.length}` : 'the face';
  const parts = [
    face && `${which} at ${describeBox(face.box)}, in ${face.frames} of ${analysis.frames_sampled} frames`,
    stretches.length > 0 && `suspicious at ${stretches.join(', ')}`,
  ];
  return parts.filter(Boolean).join('; ');
}

function describeBox({ x0, y0, x1, y1 }: DetectionResponse['faces'][number]['box']): string {
  return `${Math.round(x0)},${Math.round(y0)} (${Math.round(x1 - x0)}x${Math.round(y1 - y0)} pixels)`;
}

/** A name may hold anything, also what a terminal would obey. */
function printable(file: string): string {
  return stripVTControlCharacters(file).replaceAll(/\p{Cc}/gu, '?');
}
