import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { BadUsage } from '../common/bad-usage.ts';

export interface LabelledClip {
  /** The path as it stands in the file. */
  file: string;
  path: string;
  fake: boolean;
  /** Empty when the file has no groups. */
  group: string;
}

const label = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['0', '1', 'real', 'fake'], { error: 'label must be 0 or real, 1 or fake' }));
const row = z.object({
  file: z.string({ error: 'there is no column "file"' }).min(1, 'file is empty'),
  label: z.string({ error: 'there is no column "label"' }).pipe(label),
  group: z.string().default(''),
});

/**
 * Read a CSV file with the columns file, label and, if wanted, group; more columns do no harm. Relative paths count from
 * the folder of the CSV file.
 * @throws {BadUsage} when it cannot be read, naming the line
 */
export async function readLabels(path: string): Promise<LabelledClip[]> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new BadUsage(`${path} cannot be read: ${error.message}`);
  });
  const clips = parseRows(path, text).map(({ record, info }) => {
    const parsed = row.safeParse(record);
    if (!parsed.success)
      throw new BadUsage(`${path}, line ${info.lines}: ${parsed.error.issues[0]?.message}`);
    const { file, label, group } = parsed.data;
    return { file, path: resolve(dirname(path), file), fake: label === '1' || label === 'fake', group };
  });
  if (clips.length === 0) throw new BadUsage(`${path} names no clips.`);
  return clips;
}

function parseRows(path: string, text: string): { record: unknown; info: { lines: number } }[] {
  try {
    return parse(text, { bom: true, columns: true, info: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    throw new BadUsage(`${path} is not a CSV file: ${(error as Error).message}`);
  }
}
