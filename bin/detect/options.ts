import { z } from 'zod';
import { detectQuerySchema, type IncludeKey } from '../../layers/api/schemas.ts';
import { BadUsage } from '../common/bad-usage.ts';
import { readOptions, wholeNumber } from '../common/read-options.ts';
import { usage } from './usage.ts';

const command = {
  usage,
  options: {
    json: { type: 'boolean' },
    'operating-point': { type: 'string' },
    include: { type: 'string' },
    concurrency: { type: 'string' },
    frames: { type: 'string' },
    api: { type: 'string' },
    'api-key': { type: 'string' },
    function: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
  schema: z.object({
    json: z.boolean().default(false),
    'operating-point': detectQuerySchema.shape.operating_point,
    include: detectQuerySchema.shape.include,
    concurrency: wholeNumber(1, 64).default(2),
    frames: wholeNumber(1, 1000).optional(),
    api: z.url({ protocol: /^https?$/, error: 'must be an http(s) address' }).optional(),
    'api-key': z.string().optional(),
    function: z.string().min(1).optional(),
    help: z.boolean().default(false),
  }),
} as const;

const environment = z.object({ DETECT_API_KEY: z.string().optional() });

export type Options = Omit<z.output<typeof command.schema>, 'include'> & { include: IncludeKey[] };

/**
 * Read the command line of detect.
 * @throws {BadUsage}
 */
export function readDetectOptions(
  args: string[],
  env: NodeJS.ProcessEnv,
): { options: Options; words: string[] } {
  const { options, words } = readOptions(args, command);
  const complain = (message: string): never => {
    throw new BadUsage(`${message}\n\n${usage}`);
  };
  const isRemote = options.api !== undefined || options.function !== undefined;
  if (!options.help && words.length === 0) complain('Name at least one clip.');
  if (options.api !== undefined && options.function !== undefined)
    complain('--api and --function exclude each other.');
  if (options['api-key'] !== undefined && options.api === undefined) complain('--api-key goes with --api.');
  if (options.frames !== undefined && isRemote) complain('--frames works on this machine only.');
  if (options.include && !options.json) complain('--include goes with --json.');
  const apiKey = options['api-key'] ?? environment.parse(env).DETECT_API_KEY;
  return { options: { ...options, 'api-key': apiKey, include: options.include ?? [] }, words };
}
