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
  score: probability.describe('P(fake) of this face in this frame.'),
  heatmap: z
    .object({
      width: z.int().describe('Columns.'),
      height: z.int().describe('Rows.'),
      values: z.array(probability).describe('Evidence from 0 to 1, row after row.'),
    })
    .optional()
    .describe('With include=heatmap, if the classifier has it: where in the face it saw evidence.'),
});

const faceTrack = z.object({
  track: z.int().min(0).describe('Number of this face.'),
  score: probability.describe('Calibrated probability that this face was forged.'),
  frames: z.int().min(0).describe('Examined frames that show this face.'),
  first_s: time,
  last_s: time,
  box: boxSchema.describe('Median box of the face, in pixels of the upright picture.'),
  scores: z
    .array(
      z.object({
        time_s: time,
        score: probability.describe('P(fake) of this face in this frame.'),
        box: boxSchema,
      }),
    )
    .optional()
    .describe('With include=faces: this face through time.'),
});

/** The answer of POST /detect_deepfake. */
export const detectionSchema = z.object({
  is_deepfake: z
    .boolean()
    .nullable()
    .describe('The verdict as true or false; null when it is "undetermined".'),
  verdict: z
    .enum(['fake', 'real', 'undetermined'])
    .describe('"undetermined" when no face could be judged, or when the score lies between the thresholds.'),
  score: probability
    .nullable()
    .describe('Calibrated probability that the clip is a deepfake, 0 to 1; null if no face was scored.'),
  reasons: z
    .array(z.enum(['no_face', 'face_too_small', 'too_few_frames', 'low_confidence']))
    .describe('Why the verdict is "undetermined".'),
  id: z.string().describe('The upload_id of an uploaded clip, else the id of the request.'),
  api_version: z
    .literal(API_VERSION)
    .describe('Changes when the answer changes in a way that breaks clients.'),
  model: z.object({
    name: z.string().describe('The classifier that judged.'),
    version: z.string().describe('Its version.'),
    sha256: z
      .string()
      .describe('SHA-256 of its file, in hexadecimal; where it has two, that of theirs put together.'),
  }),
  threshold: z.object({
    operating_point: operatingPoint,
    fake_from: probability.describe('From this score on the verdict is "fake".'),
    real_below: probability.describe('Below this score the verdict is "real".'),
    expected_false_positive_rate: probability
      .nullable()
      .describe('Share of real clips called fake where this was measured; null when it was not.'),
  }),
  clip: z.object({
    duration_s: z.number().min(0).describe('Length of the video in seconds.'),
    fps: z.number().min(0).describe('Frames per second, on average.'),
    frame_count: z.int().min(0).describe('Frames in the clip.'),
    width: z.int().min(1).describe('Width of the upright picture in pixels.'),
    height: z.int().min(1).describe('Height of the upright picture in pixels.'),
    codec: z.string().describe('Video codec.'),
    container: z.string().describe('File format.'),
    sha256: z.string().describe('SHA-256 of the file, in hexadecimal.'),
  }),
  analysis: z.object({
    frames_sampled: z.int().min(0).describe('Frames that were looked at, spread evenly over the clip.'),
    frames_with_face: z.int().min(0).describe('Those in which a face was found.'),
    faces_scored: z.int().min(0).describe('Faces that were scored, over all frames.'),
  }),
  faces: z
    .array(faceTrack)
    .describe('The people in the clip, each followed through it, the most suspicious first.'),
  frames: z
    .array(
      z.object({
        time_s: time,
        score: probability.nullable().describe('Score of the most suspicious face; null without a face.'),
        faces: z.array(faceScore),
      }),
    )
    .optional()
    .describe('With include=frames or include=heatmap.'),
  segments: z
    .array(
      z.object({ start_s: time, end_s: time, score: probability.describe('Mean score of the stretch.') }),
    )
    .describe('Suspicious stretches of the clip.'),
  timing_ms: z.object({
    receive: milliseconds.describe('Milliseconds spent on receiving or fetching the clip.'),
    decode: milliseconds.describe('Milliseconds spent waiting for frames to be decoded.'),
    find_faces: milliseconds.describe('Milliseconds spent on finding faces, added up over the threads.'),
    classify: milliseconds.describe('Milliseconds spent on scoring them, added up over the threads.'),
    total: milliseconds.describe('Milliseconds altogether; the steps overlap.'),
  }),
  warnings: z.array(z.string()).describe('What the verdict leaves out, in plain words.'),
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
