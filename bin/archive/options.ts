import { createHash } from 'node:crypto';
import { z } from 'zod';
import { BadUsage } from '../common/bad-usage.ts';
import { readOptions } from '../common/read-options.ts';
import { usage } from './usage.ts';

const command = {
  usage,
  options: {
    stack: { type: 'string' },
    manifest: { type: 'string' },
    name: { type: 'string' },
    detach: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
  schema: z.object({
    stack: z.string().min(1).default('DeepfakeDetectionApi'),
    manifest: z
      .string()
      .regex(/^s3:\/\/[^/]+\/.+\.(csv|jsonl)$/, { error: 'must be s3://bucket/key.csv or .jsonl' })
      .optional(),
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { error: 'must be letters, digits, dots and hyphens' })
      .optional(),
    detach: z.boolean().default(false),
    help: z.boolean().default(false),
  }),
} as const;

/** What to examine, as the state machine takes it, and how to follow it. */
export interface ArchiveOptions {
  help: boolean;
  stack: string;
  detach: boolean;
  input: ArchiveInput;
}

export interface ArchiveInput {
  archive: string;
  /** Prefix below which the results of the run are written. */
  results: string;
  reader: 'prefix' | 'csv' | 'jsonl';
  bucket: string;
  prefix: string;
  manifest?: { bucket: string; key: string };
}

/**
 * Read the command line of archive.
 * @throws {BadUsage}
 */
export function readArchiveOptions(args: string[]): ArchiveOptions {
  const { options, words } = readOptions(args, command);
  const { help, stack, detach } = options;
  const [source = ''] = words;
  if (!help && words.length !== 1) throw new BadUsage(`Name one source, s3://bucket/prefix.\n\n${usage}`);
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(source) ?? [];
  if (!help && bucket === '')
    throw new BadUsage(`${source} is not of the form s3://bucket/prefix.\n\n${usage}`);
  if (options.manifest && prefix !== '') {
    throw new BadUsage(`With --manifest name the bucket of the clips only: s3://${bucket}\n\n${usage}`);
  }
  const archive = options.name ?? nameOf(source, options.manifest ?? '');
  const input: ArchiveInput = {
    archive,
    results: `archives/${archive}/results`,
    reader: 'prefix',
    bucket,
    prefix,
  };
  if (options.manifest) {
    const [, manifestBucket = '', key = '', extension] = /^s3:\/\/([^/]+)\/(.+\.(csv|jsonl))$/.exec(
      options.manifest,
    )!;
    input.reader = extension as 'csv' | 'jsonl';
    input.manifest = { bucket: manifestBucket, key };
  }
  return { help, stack, detach, input };
}

/** The same source gets the same name, so that a second run goes on where the first one ended. */
function nameOf(source: string, manifest: string): string {
  const readable = (manifest || source)
    .replace(/^s3:\/\//, '')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(-48);
  const hash = createHash('sha256').update(`${source}\n${manifest}`).digest('hex').slice(0, 8);
  return `${readable}-${hash}`.replace(/^-+/, '');
}
