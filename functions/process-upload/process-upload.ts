import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { ApiContext } from '../../layers/api/api-handler.ts';
import type { Log } from '../../layers/api/log.ts';
import { type ExamineUploadDeps, examineUpload } from './examine-upload.ts';
import { sendWebhook, type Webhook } from './send-webhook.ts';
import { readUploadEvent } from './upload-event.ts';

/** Kept back from the time there is, to end ffmpeg, write the outcome and announce it. */
const OUTCOME_MS = 20_000;

export interface ProcessUploadDeps extends ExamineUploadDeps {
  log: Log;
  webhook?: Webhook;
}

export type ProcessUploadHandler = (event: SQSEvent, context: ApiContext) => Promise<SQSBatchResponse>;

/** S3 -> EventBridge -> SQS. A message that could not be processed comes back; after some times, to the dead-letter queue. */
export function createProcessUploadHandler(deps: ProcessUploadDeps): ProcessUploadHandler {
  return (event, context) => {
    // A processor remembers its records; one per call keeps calls that run at the same time apart.
    const processor = new BatchProcessor(EventType.SQS);
    return processPartialResponse(
      event,
      (record: SQSRecord) => processRecord(deps, record, context),
      processor,
      {
        context,
        processInParallel: false,
        throwOnFullBatchFailure: false,
      },
    );
  };
}

async function processRecord(
  { log, webhook, ...deps }: ProcessUploadDeps,
  record: SQSRecord,
  context: ApiContext,
): Promise<void> {
  const requestId = record.messageId;
  try {
    const uploadId = readUploadEvent(record.body);
    const outcome = await examineUpload(deps, uploadId, {
      requestId,
      timeoutMs: context.getRemainingTimeInMillis() - OUTCOME_MS,
      stopSignal: context.clientSignal,
    });
    log.info('upload processed', { request_id: requestId, outcome: outcome?.status ?? 'already there' });
    if (!outcome || !webhook) return;
    await sendWebhook(webhook, uploadId, outcome).catch((error) => {
      // The outcome stays readable; sending the message back would not examine it again.
      log.error('webhook failed', { request_id: requestId, error });
      deps.metrics?.addMetric('WebhookFailures', MetricUnit.Count, 1);
      deps.metrics?.publishStoredMetrics();
    });
  } catch (error) {
    log.error('upload not processed', { request_id: requestId, error });
    throw error;
  }
}
