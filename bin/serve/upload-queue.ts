import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { SQSRecord } from 'aws-lambda';
import type { ProcessUploadHandler } from '../../functions/process-upload/process-upload.ts';
import { writeUploadEvent } from '../../functions/process-upload/upload-event.ts';
import type { Log } from '../../layers/api/log.ts';
import { createContext } from './proxy-event.ts';
import type { Turns } from './turns.ts';

/** Deliveries of a message before it is given up, as the queue on AWS has it. */
const MAX_RECEIVES = 3;
const REDELIVERY_MS = 1000;
/** As long as a Lambda function may run. */
const TIMEOUT_MS = 900_000;

export interface UploadQueueDeps {
  handler: ProcessUploadHandler;
  turns: Turns;
  log: Log;
  signal: AbortSignal;
}

export interface UploadQueue {
  /** Have an upload that arrived examined when its turn comes. */
  add(uploadId: string): void;
  /** Resolves when nothing is being examined any more. */
  drained(): Promise<void>;
}

/** Plays S3's event and SQS: each upload is a message to process-upload, delivered again when it comes back as failed. */
export function createUploadQueue({ handler, turns, log, signal }: UploadQueueDeps): UploadQueue {
  const underWay = new Set<Promise<void>>();
  return {
    add(uploadId) {
      const delivery = deliver(uploadId)
        .catch((error) => {
          if (!signal.aborted) log.error('upload given up', { error });
        })
        .finally(() => underWay.delete(delivery));
      underWay.add(delivery);
    },
    async drained() {
      await Promise.all(underWay);
    },
  };

  async function deliver(uploadId: string): Promise<void> {
    const messageId = randomUUID();
    for (let receives = 1; receives <= MAX_RECEIVES; receives++) {
      if (await receive(uploadId, messageId, receives)) return;
      await setTimeout(REDELIVERY_MS, undefined, { signal });
    }
    throw new Error(`Message ${messageId} failed ${MAX_RECEIVES} times.`);
  }

  async function receive(uploadId: string, messageId: string, receives: number): Promise<boolean> {
    using _turn = await turns.take(signal);
    const event = { Records: [toRecord(uploadId, messageId, receives)] };
    const context = createContext('process-upload', messageId, TIMEOUT_MS, signal);
    const { batchItemFailures } = await handler(event, context);
    return batchItemFailures.length === 0;
  }
}

function toRecord(uploadId: string, messageId: string, receives: number): SQSRecord {
  const now = String(Date.now());
  return {
    messageId,
    receiptHandle: messageId,
    body: writeUploadEvent(uploadId, 'local'),
    attributes: {
      ApproximateReceiveCount: String(receives),
      ApproximateFirstReceiveTimestamp: now,
      SentTimestamp: now,
      SenderId: 'local',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:local:000000000000:uploads',
    awsRegion: 'local',
  };
}
