import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { findFfmpeg } from '../../layers/detection/ffmpeg.ts';
import { BadUsage } from '../common/bad-usage.ts';

export const usage = `Usage: npm start -- [options]

Serves the API and a web page on this machine.

  --port N               port to listen on (5000)
  --host ADDRESS         address to listen on (127.0.0.1); any other than loopback needs an API key
  --api-key KEY          a key that clients send as x-api-key; may be repeated
  --data DIR             where uploads and results are kept (a temporary folder, removed at the end)
  --max-clip-bytes N     largest clip inside a request (100000000)
  --max-upload-bytes N   largest clip of an upload (524288000)
  --retain-s N           seconds until uploads and results are removed (86400)
  --concurrency N        clips examined at once (2)
  --queue N              requests that may wait for their turn (64)
  --timeout-s N          longest examination in seconds (120)
  --operating-point P    balanced, strict or sensitive (balanced)
  --frames N             frames examined in each clip (32)
  --models DIR           folder of the models (models/)
  --ffmpeg PATH          the ffmpeg to decode with
  --cors-origin ORIGIN   origin whose pages may call the API; may be repeated
  --help                 print this

Each option but --help is read from the environment too when it is not given: PORT, HOST, API_KEYS, DATA_DIR,
MAX_CLIP_BYTES, MAX_UPLOAD_BYTES, RETAIN_S, CONCURRENCY, QUEUE, TIMEOUT_S, OPERATING_POINT, FRAMES_SAMPLED, MODELS_DIR,
FFMPEG_PATH, CORS_ORIGINS (lists are comma-separated).`;

const count = (least: number, most: number = Number.MAX_SAFE_INTEGER) =>
  z.coerce.number().int().min(least).max(most);

export const optionsSchema = z.object({
  port: count(0, 65_535).default(5000),
  host: z.string().min(1).default('127.0.0.1'),
  apiKeys: z.array(z.string().min(8, 'An API key has at least 8 characters')).default([]),
  data: z.string().min(1).optional(),
  // The one difference of the transport: Lambda takes requests of 6 MB, this server what a phone films in 10 seconds.
  maxClipBytes: count(1, 350_000_000).default(100_000_000),
  maxUploadBytes: count(1).default(524_288_000),
  retainS: count(60).default(86_400),
  concurrency: count(1, 64).default(2),
  queue: count(0, 10_000).default(64),
  timeoutS: count(1, 3600).default(120),
  operatingPoint: z.enum(['balanced', 'strict', 'sensitive']).default('balanced'),
  frames: count(4, 256).default(32),
  models: z
    .string()
    .min(1)
    .default(fileURLToPath(new URL('../../models', import.meta.url))),
  ffmpeg: z.string().min(1),
  corsOrigins: z.array(z.string()).default([]),
  tempDir: z.string().default(tmpdir),
});

export type ServeOptions = z.output<typeof optionsSchema>;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/**
 * Read the command line, and the environment for what it does not say.
 * @returns undefined when only the help was asked for
 * @throws {BadUsage}
 */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): ServeOptions | undefined {
  const given = parse(args);
  if (given.help) return undefined;
  const list = (text: string | undefined) => text?.split(',').filter(Boolean);
  const parsed = optionsSchema.safeParse({
    port: given.port ?? env.PORT,
    host: given.host ?? env.HOST,
    apiKeys: given['api-key'] ?? list(env.API_KEYS),
    data: given.data ?? env.DATA_DIR,
    maxClipBytes: given['max-clip-bytes'] ?? env.MAX_CLIP_BYTES,
    maxUploadBytes: given['max-upload-bytes'] ?? env.MAX_UPLOAD_BYTES,
    retainS: given['retain-s'] ?? env.RETAIN_S,
    concurrency: given.concurrency ?? env.CONCURRENCY,
    queue: given.queue ?? env.QUEUE,
    timeoutS: given['timeout-s'] ?? env.TIMEOUT_S,
    operatingPoint: given['operating-point'] ?? env.OPERATING_POINT,
    frames: given.frames ?? env.FRAMES_SAMPLED,
    models: given.models ?? env.MODELS_DIR,
    ffmpeg: findFfmpeg({ configured: given.ffmpeg ?? env.FFMPEG_PATH }),
    corsOrigins: given['cors-origin'] ?? list(env.CORS_ORIGINS),
  });
  if (!parsed.success) throw new BadUsage(`The options are not valid.\n${z.prettifyError(parsed.error)}`);
  const options = parsed.data;
  if (!isLoopback(options.host) && options.apiKeys.length === 0) {
    throw new BadUsage(
      `Listening on ${options.host} lets other machines in. Give at least one --api-key, or listen on 127.0.0.1.`,
    );
  }
  return options;
}

function parse(args: string[]) {
  const string = { type: 'string' } as const;
  const strings = { type: 'string', multiple: true } as const;
  try {
    return parseArgs({
      args,
      options: {
        port: string,
        host: string,
        'api-key': strings,
        data: string,
        'max-clip-bytes': string,
        'max-upload-bytes': string,
        'retain-s': string,
        concurrency: string,
        queue: string,
        'timeout-s': string,
        'operating-point': string,
        frames: string,
        models: string,
        ffmpeg: string,
        'cors-origin': strings,
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new BadUsage(`${(error as Error).message}\n\n${usage}`);
  }
}
