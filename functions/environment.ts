import { tmpdir } from 'node:os';
import { z } from 'zod';

/** Every variable the Lambda functions read; each function picks its own. */
export const environmentSchema = z.object({
  /** Bucket with uploads/, tickets/, processing/ and results/. */
  BUCKET_NAME: z.string().min(3),
  /** Largest clip of an upload, in bytes. */
  MAX_UPLOAD_BYTES: z.coerce.number().int().min(1).default(524_288_000),
  /** Seconds within which an upload must begin. */
  UPLOAD_EXPIRES_S: z.coerce.number().int().min(60).max(3600).default(900),
  /** Largest clip inside a request: Lambda takes 6 MB with base64 and headers. */
  MAX_REQUEST_CLIP_BYTES: z.coerce.number().int().min(1).default(4_400_000),
  /** When API Gateway gives up on the function, in milliseconds after it received the request. */
  GATEWAY_TIMEOUT_MS: z.coerce.number().int().min(1000).default(29_000),
  /** Origins whose pages may call the API, comma-separated. */
  CORS_ORIGINS: z
    .string()
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((origin) => origin.trim())
        .filter(Boolean),
    ),
  MODELS_DIR: z.string().min(1),
  FFMPEG_PATH: z.string().min(1),
  FRAMES_SAMPLED: z.coerce.number().int().min(4).max(256).default(32),
  OPERATING_POINT: z.enum(['balanced', 'strict', 'sensitive']).default('balanced'),
  /** Where a finished detection is announced. */
  WEBHOOK_URL: z.url({ protocol: /^https$/ }).optional(),
  /** Secrets Manager secret that signs the announcements. */
  WEBHOOK_SECRET_ARN: z.string().optional(),
  TEMP_DIR: z.string().default(tmpdir()),
  /** OpenID Connect issuer whose tokens are accepted, and the audience they must be for. */
  JWT_ISSUER: z.url({ protocol: /^https$/ }),
  JWT_AUDIENCE: z.string().min(1),
});

export type Environment = z.output<typeof environmentSchema>;

type Name = keyof typeof environmentSchema.shape;

/**
 * Read the named variables once, at start. An empty variable counts as one that is not set.
 * @throws {Error} that names every variable that is missing or wrong
 */
export function readEnvironment<const Names extends readonly Name[]>(
  names: Names,
  variables: NodeJS.ProcessEnv = process.env,
): Pick<Environment, Names[number]> {
  const mask = Object.fromEntries(names.map((name) => [name, true])) as Record<Names[number], true>;
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.pick(mask as never).safeParse(given);
  if (!parsed.success) throw new Error(`The environment is not valid.\n${z.prettifyError(parsed.error)}`);
  return parsed.data as Pick<Environment, Names[number]>;
}
