import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import type { ModelIdentity } from '../../layers/detection/types.ts';
import { BadUsage } from '../common/bad-usage.ts';
import type { ExaminedClip } from './examined-clip.ts';
import type { LabelledClip } from './read-labels.ts';

const columns = [
  'file',
  'label',
  'group',
  'score',
  'reasons',
  'error',
  'frames',
  'model_version',
  'model_sha256',
] as const;
const row = z.object({
  file: z.string(),
  score: z.string().transform((score) => (score === '' ? null : Number(score))),
  reasons: z.string().transform((reasons) => reasons.split(' ').filter(Boolean)),
  error: z.string(),
  frames: z.coerce.number(),
  model_version: z.string(),
  model_sha256: z.string(),
});

/** What the scores depend on besides the clip. */
export interface ScoringSetup {
  frames: number;
  /** Versions of one file differ in their calibration and in what they show it of a face. */
  model: Pick<ModelIdentity, 'version' | 'sha256'>;
}

export interface ScoresFile {
  /** The earlier result of a clip; undefined when it has to be examined (again). */
  find(clip: LabelledClip): ExaminedClip | undefined;
  append(clip: ExaminedClip): void;
}

/**
 * A CSV file that keeps each clip's score as soon as it is known, so that an interrupted evaluation goes on where it
 * stopped. Clips that could not be examined are tried again.
 * @throws {BadUsage} when the file's scores come from another model or number of frames, or it is no such file
 */
export function openScoresFile(path: string, setup: ScoringSetup): ScoresFile {
  const known = new Map(existsSync(path) ? readRows(path, setup) : []);
  if (known.size === 0 && !existsSync(path)) appendFileSync(path, stringify([columns]));

  return {
    find({ file, fake, group }) {
      const earlier = known.get(file);
      return earlier && { file, fake, group, ...earlier, error: null };
    },
    append({ file, fake, group, score, reasons, error }) {
      const { frames, model } = setup;
      const record: Record<(typeof columns)[number], unknown> = {
        file,
        label: fake ? 1 : 0,
        group,
        score,
        reasons: reasons.join(' '),
        error,
        frames,
        model_version: model.version,
        model_sha256: model.sha256,
      };
      appendFileSync(path, stringify([record], { columns }));
    },
  };
}

function readRows(path: string, { frames, model }: ScoringSetup) {
  const rows = z.array(row).safeParse(parse(readFileSync(path, 'utf8'), { columns: true }));
  if (!rows.success) throw new BadUsage(`${path} exists and is not a file of scores.`);
  const isOther = (row: (typeof rows.data)[number]) =>
    row.frames !== frames || row.model_version !== model.version || row.model_sha256 !== model.sha256;
  if (rows.data.some(isOther)) {
    throw new BadUsage(`${path} holds scores of another model or number of frames. Name another file.`);
  }
  return rows.data
    .filter(({ error }) => error === '')
    .map(({ file, score, reasons }) => [file, { score, reasons }] as const);
}
