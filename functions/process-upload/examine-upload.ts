import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import { withDeadline } from '../../layers/api/deadline.ts';
import { toDetectionResponse } from '../../layers/api/detection-response.ts';
import { ApiError, errorTable, toApiError, toProblem } from '../../layers/api/errors.ts';
import type { DetectionResponse } from '../../layers/api/schemas.ts';
import { recordDetection, recordFailure } from '../../layers/api/telemetry.ts';
import type { Detector, OperatingPoint } from '../../layers/detection/types.ts';
import type { Outcome, Store } from '../../layers/storage/store.ts';

export interface ExamineUploadDeps {
  detector: () => Promise<Detector>;
  store: Store;
  config: { operatingPoint: OperatingPoint; tempDir: string };
  metrics?: Metrics;
}

export interface ExamineUploadOptions {
  /** Names this examination in the log and in the problem of a failed one. */
  requestId: string;
  timeoutMs: number;
  /** Aborted when the process is about to end; the upload is then examined another time. */
  stopSignal?: AbortSignal | undefined;
}

/**
 * Examine an upload that has arrived and write its outcome, once: a second call finds the outcome there and does
 * nothing. What is the clip's own fault is an outcome too, since trying again would end the same way.
 * @returns the outcome this call wrote; undefined when one was there already
 * @throws whatever may pass by itself (a model that did not load, S3 out of reach), so that the caller tries again
 */
export async function examineUpload(
  { detector, store, config, metrics }: ExamineUploadDeps,
  uploadId: string,
  { requestId, timeoutMs, stopSignal }: ExamineUploadOptions,
): Promise<Outcome | undefined> {
  const state = await store.getState(uploadId);
  if (state?.status === 'done' || state?.status === 'failed') return undefined;
  await store.markProcessing(uploadId);
  let outcome: Outcome;
  try {
    outcome = { status: 'done', result: await withDeadline(timeoutMs, stopSignal, examine) };
  } catch (error) {
    const reason = ownFault(error);
    if (!reason) throw error;
    recordFailure(metrics);
    outcome = { status: 'failed', error: toProblem(reason, requestId) };
  }
  return (await store.putOutcome(uploadId, outcome)) ? outcome : undefined;

  async function examine(signal: AbortSignal): Promise<DetectionResponse> {
    const started = performance.now();
    await using dir = await mkdtempDisposable(join(config.tempDir, 'clip-'));
    const path = join(dir.path, 'clip');
    await store.fetchClip(uploadId, path, signal);
    const receiveMs = performance.now() - started;
    const { operatingPoint } = config;
    const detection = await (await detector()).detect(path, { signal, operatingPoint });
    recordDetection(metrics, detection);
    return toDetectionResponse(detection, { id: uploadId, include: ['frames'], receiveMs });
  }
}

/** The error as the clip's own fault, or undefined when it is ours and may pass. */
function ownFault(error: unknown): ApiError | undefined {
  const reason = toApiError(error);
  if (reason.code === 'not_found' || reason.code === 'upload_incomplete') {
    return new ApiError('not_found', 'The clip was deleted before it could be examined.', { cause: error });
  }
  const isOwn = reason.code === 'deadline_exceeded' || errorTable[reason.code].status < 500;
  return isOwn ? reason : undefined;
}
