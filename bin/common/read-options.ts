import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { z } from 'zod';
import { BadUsage } from './bad-usage.ts';

interface Command<Schema extends z.ZodType> {
  options: ParseArgsOptionsConfig;
  schema: Schema;
  /** Printed with every complaint. */
  usage: string;
}

/** A whole number given on the command line. */
export function wholeNumber(smallest: number, largest: number) {
  const error = `must be a whole number from ${smallest} to ${largest}`;
  return z
    .string()
    .regex(/^\d+$/, { error })
    .transform(Number)
    .pipe(z.number().min(smallest, { error }).max(largest, { error }));
}

/**
 * Read a command line into validated options and the words that belong to none.
 * @throws {BadUsage}
 */
export function readOptions<Schema extends z.ZodType>(
  args: string[],
  { options, schema, usage }: Command<Schema>,
): { options: z.infer<Schema>; words: string[] } {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const parsed = schema.safeParse(values);
    if (parsed.success) return { options: parsed.data, words: positionals };
    const [issue] = parsed.error.issues;
    throw new BadUsage(
      `${issue?.path.length ? `--${issue.path.join('.')} ` : ''}${issue?.message}\n\n${usage}`,
    );
  } catch (error) {
    if (error instanceof BadUsage) throw error;
    throw new BadUsage(`${(error as Error).message}\n\n${usage}`);
  }
}
