import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { DetectionError } from './errors.ts';
import type { ModelIdentity } from './types.ts';

const fileFields = {
  /** File name of the model, beside the card. */
  file: z.string().regex(/^[\w.-]+$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Size of the model file. */
  bytes: z.int().positive().optional(),
};

const cardFields = { name: z.string().min(1), version: z.string().min(1), ...fileFields };

const operatingPointSchema = z
  .object({
    fake_from: z.number().min(0).max(1),
    real_below: z.number().min(0).max(1),
    expected_false_positive_rate: z.number().min(0).max(1).nullable(),
  })
  .refine((point) => point.real_below <= point.fake_from, { message: 'real_below is above fake_from' });

const threeNumbers = z.tuple([z.number(), z.number(), z.number()]);

const share = z.number().min(0).max(1);

/** One way of showing a face to the classifier: a crop of `size` pixels a side, as it is or mirrored. */
const viewSchema = z.object({
  size: z.int().min(16).max(1024),
  mirrored: z.boolean().default(false),
  /** What the crop shows, x0, y0, x1, y1 as shares of the whole crop's width and height; without it, all. */
  part: z
    .tuple([share, share, share, share])
    .refine(([x0, y0, x1, y1]) => x0 < x1 && y0 < y1, { message: 'part is empty' })
    .optional(),
  /** Whether the card's second network is shown it instead of the first. */
  second: z.boolean().optional(),
});
export type View = z.infer<typeof viewSchema>;

const classifierFields = z.object({
  ...cardFields,
  kind: z.literal('classifier'),
  /** Another network with the same inputs and outputs, for the views that name it. */
  second: z.object(fileFields).optional(),
  input: z.object({
    name: z.string(),
    layout: z.enum(['NCHW', 'NHWC']),
    colour: z.enum(['RGB', 'BGR']),
    mean: threeNumbers,
    std: threeNumbers.refine((std) => std.every((value) => value > 0), { message: 'std must be positive' }),
  }),
  output: z.object({ logit: z.string(), heatmap: z.string().optional() }),
  crop: z.object({ margin: z.number().min(0).max(1), longest_face: z.int().min(16).optional() }),
  views: z.array(viewSchema).min(1),
  /** How many of the views a frame's faces are shown in: the first frame in the first ones, and so on in turn. Without it, all. */
  views_per_frame: z.int().min(1).optional(),
  calibration: z.object({ scale: z.number().positive(), bias: z.number() }),
  operating_points: z.object({
    balanced: operatingPointSchema,
    strict: operatingPointSchema,
    sensitive: operatingPointSchema,
  }),
});

/** Card of a classifier: everything the product must know to use another one. */
export const classifierCardSchema = classifierFields
  .refine((card) => card.views.length % viewsPerFrame(card) === 0, {
    message: 'views is no multiple of views_per_frame',
  })
  .refine((card) => card.views.every(({ part }, i) => i % viewsPerFrame(card) > 0 || part === undefined), {
    message: 'the first view of a frame draws the heatmap and cannot show a part',
  })
  .refine((card) => card.second !== undefined || !card.views.some((view) => view.second), {
    message: 'a view is shown to a second network, and the card has none',
  });
export type ClassifierCard = z.infer<typeof classifierFields>;

/** How many views a frame's faces are shown in. */
export function viewsPerFrame({ views, views_per_frame = views.length }: ClassifierCard): number {
  return views_per_frame;
}

/** What an answer says of the classifier that judged. */
export function identityOf({ name, version, sha256, second }: ClassifierCard): ModelIdentity {
  const ofBoth = second && createHash('sha256').update(`${sha256}${second.sha256}`).digest('hex');
  return { name, version, sha256: ofBoth ?? sha256 };
}

/** Card of the face detector, an anchor-based network that takes pictures of any size. */
export const faceDetectorCardSchema = z.object({
  ...cardFields,
  kind: z.literal('face-detector'),
  input: z.object({ name: z.string(), multiple_of: z.int().positive(), mean: z.number(), std: z.number() }),
  output: z.object({ boxes: z.unknown(), scores: z.unknown() }),
  anchors: z.object({ stride: z.int().positive(), per_cell: z.literal(1), centre: z.number() }),
  score_threshold: z.number(),
  nms_iou: z.number(),
});
export type FaceDetectorCard = z.infer<typeof faceDetectorCardSchema>;

/** Card of the face mesh. */
export const faceMeshCardSchema = z.object({
  ...cardFields,
  kind: z.literal('face-mesh'),
  input: z.object({
    name: z.string(),
    shape: z.tuple([z.string(), z.int(), z.int(), z.literal(3)]),
    mean: z.number(),
    std: z.number(),
  }),
  crop: z.object({ scale: z.number() }),
  output: z.object({ landmarks: z.unknown(), presence: z.unknown() }),
});
export type FaceMeshCard = z.infer<typeof faceMeshCardSchema>;

type ModelFile = z.infer<z.ZodObject<typeof fileFields>>;

/** A card and the model file it vouches for. */
export interface LoadedModel<Card> {
  card: Card;
  weights: Buffer;
}

/**
 * Read a model's card and its file, and make sure that they belong together.
 *
 * @param cardPath path of a model.json
 * @throws {DetectionError} `model_unavailable` with the reason.
 */
export async function loadModel<Card extends ModelFile & { name: string }>(
  cardPath: string,
  schema: z.ZodType<Card>,
): Promise<LoadedModel<Card>> {
  const card = schema.safeParse(parseJson(await readOrExplain(cardPath), cardPath));
  if (!card.success) {
    throw unavailable(`the card ${cardPath} is not valid: ${z.prettifyError(card.error)}`, card.error);
  }
  return { card: card.data, weights: await loadWeights(cardPath, card.data) };
}

/**
 * Read a file that a card names, and make sure that it is the one the card describes.
 * @throws {DetectionError} `model_unavailable` with the reason.
 */
export async function loadWeights(cardPath: string, { file, bytes, sha256 }: ModelFile): Promise<Buffer> {
  const path = join(dirname(cardPath), file);
  const weights = await readOrExplain(path);
  if (weights.length === 0 || (bytes !== undefined && weights.length < bytes)) {
    throw unavailable(`${path} is truncated: it has ${weights.length} bytes${bytes ? ` of ${bytes}` : ''}`);
  }
  const actual = createHash('sha256').update(weights).digest('hex');
  if (actual !== sha256) {
    throw unavailable(`${path} is not the file its card describes: its SHA-256 is ${actual}, not ${sha256}`);
  }
  return weights;
}

/** A `model_unavailable` with the reason. */
export function unavailable(reason: string, cause?: unknown): DetectionError {
  return new DetectionError('model_unavailable', `A model could not be loaded: ${reason}.`, { cause });
}

async function readOrExplain(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw unavailable(
      missing ? `${path} is missing` : `${path} cannot be read: ${(error as Error).message}`,
      error,
    );
  }
}

function parseJson(text: Buffer, path: string): unknown {
  try {
    return JSON.parse(text.toString());
  } catch (error) {
    throw unavailable(`the card ${path} is not JSON: ${(error as Error).message}`, error);
  }
}
