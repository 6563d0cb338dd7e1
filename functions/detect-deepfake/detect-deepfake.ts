import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import {
  type ApiContext,
  type ApiHandler,
  type ApiHandlerConfig,
  apiHandler,
} from '../../layers/api/api-handler.ts';
import { withDeadline } from '../../layers/api/deadline.ts';
import { toDetectionResponse } from '../../layers/api/detection-response.ts';
import { requestIdOf } from '../../layers/api/middleware/request-id.ts';
import { parseInput } from '../../layers/api/parse-input.ts';
import { readClip } from '../../layers/api/read-clip.ts';
import { jsonResponse } from '../../layers/api/responses.ts';
import { detectQuerySchema } from '../../layers/api/schemas.ts';
import { recordDetection } from '../../layers/api/telemetry.ts';
import type { Detector, OperatingPoint } from '../../layers/detection/types.ts';
import type { Store } from '../../layers/storage/store.ts';

/** Kept back from the time there is, to end ffmpeg and send the answer. */
const ANSWER_MS = 1500;

export interface DetectDeepfakeDeps extends ApiHandlerConfig {
  detector: () => Promise<Detector>;
  store: Store;
  config: {
    /** Largest clip inside a request, in bytes. */
    maxClipBytes: number;
    operatingPoint: OperatingPoint;
    tempDir: string;
    /** When the gateway in front gives up, in milliseconds after it received the request. */
    gatewayTimeoutMs?: number;
  };
  metrics?: Metrics;
}

/** POST /detect_deepfake */
export function createDetectDeepfakeHandler({
  detector,
  store,
  config,
  metrics,
  ...apiConfig
}: DetectDeepfakeDeps): ApiHandler {
  return apiHandler(async (event, context) => {
    const query = parseInput(detectQuerySchema, event.queryStringParameters ?? {}, 'query');
    const include = query.include ?? [];
    const remainingMs = remainingTime(event, context, config.gatewayTimeoutMs) - ANSWER_MS;
    return withDeadline(remainingMs, context.clientSignal, async (signal) => {
      const started = performance.now();
      await using dir = await mkdtempDisposable(join(config.tempDir, 'clip-'));
      const path = join(dir.path, 'clip');
      const { uploadId } = await readClip(event, { path, maxBytes: config.maxClipBytes, store, signal });
      const receiveMs = performance.now() - started;
      const detection = await (await detector()).detect(path, {
        signal,
        operatingPoint: query.operating_point ?? config.operatingPoint,
        heatmap: include.includes('heatmap'),
      });
      recordDetection(metrics, detection);
      const id = uploadId ?? requestIdOf(event, context);
      return jsonResponse(200, toDetectionResponse(detection, { id, include, receiveMs }));
    });
  }, apiConfig);
}

/** The gateway's clock started before ours: a cold start has already used some of its time. */
function remainingTime(
  event: APIGatewayProxyEvent,
  context: ApiContext,
  gatewayTimeoutMs = Infinity,
): number {
  const receivedAt = event.requestContext?.requestTimeEpoch ?? Date.now();
  const gatewayMs = receivedAt + gatewayTimeoutMs - Date.now();
  return Math.min(context.getRemainingTimeInMillis(), gatewayMs);
}
