import { z } from 'zod';
import { UPLOAD_ID_PATTERN } from '../../layers/storage/upload-id.ts';

/** What EventBridge puts into the queue when S3 has stored an object. */
const uploadEventSchema = z.object({
  'detail-type': z.literal('Object Created'),
  detail: z.object({
    object: z.object({ key: z.string().regex(new RegExp(`^uploads/${UPLOAD_ID_PATTERN.source.slice(1)}`)) }),
  }),
});

/**
 * The upload id in the body of a queue message.
 * @throws {Error} when the message is not about an upload; it belongs into the dead-letter queue
 */
export function readUploadEvent(body: string): string {
  const event = uploadEventSchema.parse(JSON.parse(body));
  return event.detail.object.key.slice('uploads/'.length);
}

/** The message for an upload, as S3 and EventBridge write it; the local server's queue carries the same. */
export function writeUploadEvent(uploadId: string, bucket: string): string {
  const event: z.input<typeof uploadEventSchema> = {
    'detail-type': 'Object Created',
    detail: { object: { key: `uploads/${uploadId}` } },
  };
  return JSON.stringify({
    source: 'aws.s3',
    ...event,
    detail: { ...event.detail, bucket: { name: bucket } },
  });
}
