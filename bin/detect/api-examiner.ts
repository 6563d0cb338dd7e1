import { openAsBlob } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { ApiError } from '../../layers/api/errors.ts';
import {
  type DetectionResponse,
  detectionSchema,
  detectionStateSchema,
  uploadSchema,
} from '../../layers/api/schemas.ts';
import { contentTypeOf } from './content-type.ts';
import type { Examiner, Question } from './examiner.ts';
import { RemoteError, toRemoteError } from './remote-error.ts';

/** What fits into a request through API Gateway and Lambda: 6 MB with base64 and headers. */
const LARGEST_REQUEST_CLIP = 4_400_000;
const FIRST_POLL_MS = 500;
const LONGEST_POLL_MS = 5000;
/** As long as the queue's function may take, and some waiting before it. */
const LONGEST_WAIT_MS = 20 * 60_000;
const ATTEMPTS = 5;

export interface ApiConfig {
  /** Address of the API with its stage, if it has one. */
  url: string;
  apiKey?: string | undefined;
}

/**
 * Examines clips through a deployed API: in one request, or through POST /uploads when the clip is too large for that.
 */
export function createApiExaminer({ url, apiKey }: ApiConfig, question: Question): Examiner {
  const base = url.replace(/\/+$/, '');
  const query = toQuery(question);

  return {
    async examine(path, signal) {
      const clip = await openAsBlob(path, { type: contentTypeOf(path) });
      if (clip.size > LARGEST_REQUEST_CLIP) return examineUpload(clip, signal);
      try {
        return await detect(clip, clip.type, signal);
      } catch (error) {
        if (error instanceof RemoteError && error.problem.status === 413) return examineUpload(clip, signal);
        throw error;
      }
    },
    close: async () => {},
  };

  async function detect(body: Blob | string, contentType: string, signal: AbortSignal) {
    const headers = { 'content-type': contentType };
    const answer = await call(`/detect_deepfake${query}`, { method: 'POST', headers, body, signal });
    return detectionSchema.parse(answer);
  }

  async function examineUpload(clip: Blob, signal: AbortSignal): Promise<DetectionResponse> {
    const body = JSON.stringify({ content_type: clip.type });
    const headers = { 'content-type': 'application/json' };
    const ticket = uploadSchema.parse(await call('/uploads', { method: 'POST', headers, body, signal }));
    if (clip.size > ticket.max_bytes) {
      throw new ApiError('file_too_large', `The clip is larger than ${ticket.max_bytes} bytes.`);
    }
    await upload(ticket, clip, signal);
    // The examination that an upload sets off by itself knows nothing of the question.
    if (query) return detect(JSON.stringify({ upload_id: ticket.upload_id }), 'application/json', signal);
    return waitForResult(ticket.upload_id, signal);
  }

  async function waitForResult(uploadId: string, signal: AbortSignal): Promise<DetectionResponse> {
    const startedAt = performance.now();
    for (let pause = FIRST_POLL_MS; ; pause = Math.min(LONGEST_POLL_MS, pause * 1.5)) {
      await setTimeout(pause, undefined, { signal });
      const state = detectionStateSchema.parse(await call(`/detections/${uploadId}`, { signal }));
      if (state.status === 'done') return state.result;
      if (state.status === 'failed') throw new RemoteError(state.error);
      if (performance.now() - startedAt > LONGEST_WAIT_MS) throw new ApiError('deadline_exceeded');
    }
  }

  async function call(path: string, request: RequestInit): Promise<unknown> {
    const headers = { ...request.headers, ...(apiKey && { 'x-api-key': apiKey }) };
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(`${base}${path}`, { ...request, headers });
      if (response.ok) return response.json();
      if (response.status !== 429 || attempt === ATTEMPTS) throw await toError(response);
      await response.body?.cancel();
      await setTimeout(retryAfterMs(response) ?? 1000 * 2 ** attempt, undefined, { signal: request.signal! });
    }
  }
}

/** Posts the clip with the fields of its ticket, as a browser's form would. */
async function upload(
  ticket: { url: string; fields: Record<string, string> },
  clip: Blob,
  signal: AbortSignal,
): Promise<void> {
  const form = new FormData();
  for (const [name, value] of Object.entries(ticket.fields)) form.set(name, value);
  form.set('file', clip);
  const response = await fetch(ticket.url, { method: 'POST', body: form, signal });
  if (!response.ok) throw await toError(response);
  await response.body?.cancel();
}

async function toError(response: Response): Promise<RemoteError> {
  return toRemoteError(
    response.status,
    await response.text(),
    response.headers.get('x-request-id') ?? undefined,
  );
}

function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.min(60, seconds) * 1000 : undefined;
}

function toQuery({ operatingPoint, include }: Question): string {
  const query = new URLSearchParams();
  if (operatingPoint) query.set('operating_point', operatingPoint);
  if (include.length > 0) query.set('include', include.join(','));
  return query.size > 0 ? `?${query}` : '';
}
