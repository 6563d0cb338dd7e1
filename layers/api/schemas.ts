import { z } from 'zod';
import { UPLOAD_ID_PATTERN } from '../storage/upload-id.ts';
import { type ErrorCode, errorTable } from './errors.ts';

export const API_VERSION = '1';

const includeKeys = ['frames', 'faces', 'heatmap'] as const;
export type IncludeKey = (typeof includeKeys)[number];

const time = z.number().min(0).describe('Seconds from the start of the clip.');
const probability = z.number().min(0).max(1);
const milliseconds = z.number().min(0);
const operatingPoint = z
  .enum(['balanced', 'strict', 'sensitive'])
  .describe('Which pair of thresholds turns the score into a verdict: strict has the fewest false alarms.');
const uploadId = z.string().regex(UPLOAD_ID_PATTERN).describe('The id that POST /uploads answered with.');

export const boxSchema = z
  .object({ x0: z.number(), y0: z.number(), x1: z.number(), y1: z.number() })
  .describe('Pixels of the upright picture; x1 and y1 are exclusive.');

/** The query of POST /detect_deepfake. `include` arrives as one comma-separated string. */
export const detectQuerySchema = z.strictObject({
  include: z
    .string()
    .regex(new RegExp(`^(${includeKeys.join('|')})(,(${includeKeys.join('|')}))*$`))
    .describe('More detail, comma-separated: frames, faces, heatmap.')
    .transform((list) => [...new Set(list.split(','))] as IncludeKey[])
    .optional(),
  operating_point: operatingPoint.optional(),
});

/** The JSON body of POST /detect_deepfake. */
export const detectBodySchema = z.strictObject({ upload_id: uploadId });

/** The JSON body of POST /uploads; the body may also be left out. */
export const createUploadBodySchema = z.strictObject({
  content_type: z
    .string()
    .regex(/^video\/[a-z0-9][a-z0-9.+-]{0,63}$/i)
    .default('video/mp4')
    .describe('The media type of the clip.'),
});

/** The path of GET /detections/{upload_id}. */
export const detectionPathSchema = z.strictObject({ upload_id: uploadId });

const faceScore = z.object({
  track: z.int().min(0).describe('Which of the faces this is.'),
  box: boxSchema,
  score: probability,
  heatmap: z
    .object({ width: z.int(), height: z.int(), values: z.array(probability) })
    .optional()
    .describe('With include=heatmap: where in the face the classifier saw evidence, row by row.'),
});

const faceTrack = z.object({
  track: z.int().min(0),
  score: probability.describe('Calibrated probability that this face was forged.'),
  frames: z.int().min(0).describe('Examined frames that show this face.'),
  first_s: time,
  last_s: time,
  box: boxSchema.describe('Median box of the face, in pixels of the upright picture.'),
  scores: z
    .array(z.object({ time_s: time, score: probability, box: boxSchema }))
    .optional()
    .describe('With include=faces: this face through time.'),
});

/** The answer of POST /detect_deepfake. */
export const detectionSchema = z.object({
  is_deepfake: z.boolean().nullable().describe('null when the verdict is "undetermined".'),
  verdict: z.enum(['fake', 'real', 'undetermined']),
  score: probability.nullable().describe('Calibrated P(fake); null if no face was scored.'),
  reasons: z
    .array(z.enum(['no_face', 'face_too_small', 'too_few_frames', 'low_confidence']))
    .describe('Why the verdict is "undetermined".'),
  id: z.string(),
  api_version: z.literal(API_VERSION),
  model: z.object({ name: z.string(), version: z.string(), sha256: z.string() }),
  threshold: z.object({
    operating_point: operatingPoint,
    fake_from: probability,
    real_below: probability,
    expected_false_positive_rate: probability.nullable(),
  }),
  clip: z.object({
    duration_s: z.number().min(0),
    fps: z.number().min(0),
    frame_count: z.int().min(0),
    width: z.int().min(1),
    height: z.int().min(1),
    codec: z.string(),
    container: z.string(),
    sha256: z.string(),
  }),
  analysis: z.object({
    frames_sampled: z.int().min(0),
    frames_with_face: z.int().min(0),
    faces_scored: z.int().min(0),
  }),
  faces: z.array(faceTrack),
  frames: z
    .array(z.object({ time_s: time, score: probability.nullable(), faces: z.array(faceScore) }))
    .optional()
    .describe('With include=frames or include=heatmap.'),
  segments: z
    .array(z.object({ start_s: time, end_s: time, score: probability }))
    .describe('Suspicious stretches of the clip.'),
  timing_ms: z.object({
    receive: milliseconds,
    decode: milliseconds,
    find_faces: milliseconds,
    classify: milliseconds,
    total: milliseconds,
  }),
  warnings: z.array(z.string()),
});

/** Every error: RFC 9457 application/problem+json. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]),
  request_id: z.string(),
});

/** The answer of POST /uploads. */
export const uploadSchema = z.object({
  upload_id: uploadId,
  url: z
    .url()
    .describe('Where to POST the clip as multipart/form-data: first the fields, then the part "file".'),
  fields: z.record(z.string(), z.string()),
  max_bytes: z.int().min(1),
  expires_at: z.iso.datetime(),
  detection_url: z.string().describe('Where the result will be.'),
});

/** The answer of GET /detections/{upload_id}. */
export const detectionStateSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('waiting') }),
  z.object({ status: z.literal('processing') }),
  z.object({ status: z.literal('done'), result: detectionSchema }),
  z.object({ status: z.literal('failed'), error: problemSchema }),
]);

/** The answer of GET /health. */
export const healthSchema = z.object({
  status: z.literal('ok'),
  api_version: z.literal(API_VERSION),
});

export type DetectionResponse = z.infer<typeof detectionSchema>;
