import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import { z } from 'zod';
import { toDetectionResponse } from '../../layers/api/detection-response.ts';
import { ApiError, errorTable, toApiError, toProblem } from '../../layers/api/errors.ts';
import type { Log } from '../../layers/api/log.ts';
import type { DetectionResponse } from '../../layers/api/schemas.ts';
import { recordDetection, recordFailure } from '../../layers/api/telemetry.ts';
import type { Detector, OperatingPoint } from '../../layers/detection/types.ts';
import { type ArchiveItem, type ArchiveStore, archiveItemId } from '../../layers/storage/archive-store.ts';
import type { Outcome } from '../../layers/storage/store.ts';

/** Kept back from the time there is, to end ffmpeg and write the outcome. */
const OUTCOME_MS = 10_000;

/** What the state machine sends for each clip. */
const itemSchema = z.object({
  archive: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/),
  bucket: z.string().min(3),
  key: z.string().min(1),
});

export interface ExamineArchiveItemDeps {
  detector: () => Promise<Detector>;
  store: ArchiveStore;
  config: { operatingPoint: OperatingPoint; tempDir: string };
  log: Log;
  metrics?: Metrics;
}

/** A line of the run's results. "skipped" stands for the empty objects that mark folders. */
export type ArchiveLine = { file: string } & (Outcome | { status: 'skipped' });

export type ExamineArchiveItemHandler = (event: unknown, context: Context) => Promise<ArchiveLine>;

/**
 * One clip of an archive, from the Step Functions map. A clip that already has an outcome is not examined again.
 * What is the clip's own fault is an outcome; everything else is thrown, so that the state machine tries again.
 */
export function createExamineArchiveItemHandler(deps: ExamineArchiveItemDeps): ExamineArchiveItemHandler {
  return async (event, context) => {
    const item = itemSchema.parse(event);
    const file = `s3://${item.bucket}/${item.key}`;
    if (item.key.endsWith('/')) return { file, status: 'skipped' };
    const known = await deps.store.getOutcome(item);
    if (known) return { file, ...known };
    const signal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - OUTCOME_MS));
    try {
      const outcome = await examineItem(deps, item, { requestId: context.awsRequestId, signal });
      await deps.store.putOutcome(item, outcome);
      deps.log.info('archive item examined', { request_id: context.awsRequestId, outcome: outcome.status });
      return { file, ...outcome };
    } catch (error) {
      deps.log.error('archive item not examined', { request_id: context.awsRequestId, error });
      throw error;
    }
  };
}

async function examineItem(
  { detector, store, config, metrics }: ExamineArchiveItemDeps,
  item: ArchiveItem,
  { requestId, signal }: { requestId: string; signal: AbortSignal },
): Promise<Outcome> {
  try {
    return { status: 'done', result: await examine() };
  } catch (error) {
    const reason = signal.aborted
      ? new ApiError('deadline_exceeded', undefined, { cause: error })
      : toApiError(error);
    if (!signal.aborted && errorTable[reason.code].status >= 500) throw error;
    recordFailure(metrics);
    return { status: 'failed', error: toProblem(reason, requestId) };
  }

  async function examine(): Promise<DetectionResponse> {
    const started = performance.now();
    await using dir = await mkdtempDisposable(join(config.tempDir, 'clip-'));
    const path = join(dir.path, 'clip');
    await store.fetchClip(item, path, signal);
    const receiveMs = performance.now() - started;
    const { operatingPoint } = config;
    const detection = await (await detector()).detect(path, { signal, operatingPoint });
    recordDetection(metrics, detection);
    return toDetectionResponse(detection, { id: archiveItemId(item), include: [], receiveMs });
  }
}
