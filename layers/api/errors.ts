import { DetectionError } from '../detection/errors.ts';
import { StoreError } from '../storage/errors.ts';

interface ErrorRow {
  status: number;
  title: string;
  /** What is said when the place that failed says nothing more precise. */
  detail: string;
}

/** Every error the API answers with. The README and the OpenAPI document print this table. */
export const errorTable = {
  no_video: {
    status: 400,
    title: 'No video file provided',
    detail:
      'Send the clip in the part "video" of multipart/form-data, or as a body with content-type video/*.',
  },
  malformed_request: { status: 400, title: 'Malformed request', detail: 'The request could not be read.' },
  unauthorized: {
    status: 401,
    title: 'API key required',
    detail: 'Send your API key in the header "x-api-key".',
  },
  forbidden: { status: 403, title: 'Forbidden', detail: 'You may not do this.' },
  not_found: { status: 404, title: 'Not found', detail: 'There is nothing here.' },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    detail: 'The header "allow" names the methods of this address.',
  },
  upload_incomplete: {
    status: 409,
    title: 'The clip has not arrived yet',
    detail: 'Finish the upload, then ask again.',
  },
  file_too_large: {
    status: 413,
    title: 'File is too large',
    detail: 'The clip is larger than what is accepted.',
  },
  unsupported_media: {
    status: 415,
    title: 'Unsupported media',
    detail: 'This is not a video container or codec that is accepted.',
  },
  undecodable_video: { status: 422, title: 'The video cannot be decoded', detail: 'The file is damaged.' },
  clip_too_long: {
    status: 422,
    title: 'The clip is too long',
    detail: 'Cut the clip and send a part of it.',
  },
  clip_too_short: { status: 422, title: 'The clip is too short', detail: 'Send a longer clip.' },
  resolution_too_large: {
    status: 422,
    title: 'The picture is too large',
    detail: 'Scale the clip down and send it again.',
  },
  too_many_requests: { status: 429, title: 'Too many requests', detail: 'Try again in a moment.' },
  internal_error: {
    status: 500,
    title: 'Internal error',
    detail: 'Something went wrong here. Quote the request_id when you report it.',
  },
  model_unavailable: {
    status: 503,
    title: 'Model could not be loaded',
    detail: 'The service is not able to examine clips at the moment.',
  },
  deadline_exceeded: {
    status: 504,
    title: 'The examination took too long',
    detail: 'Send a shorter or smaller clip, or upload it through POST /uploads.',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

/** An RFC 9457 problem document. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  request_id: string;
}

/** Thrown by handlers and readers of requests; `headers` go into the response. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode;
  readonly headers: Record<string, string>;

  constructor(
    code: ErrorCode,
    detail: string = errorTable[code].detail,
    options: ErrorOptions & { headers?: Record<string, string> } = {},
  ) {
    super(detail, options);
    this.code = code;
    this.headers = options.headers ?? {};
  }
}

/** Any thrown value as a row of the table. What the table does not know is an internal error, its text kept back. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof DetectionError || error instanceof StoreError) {
    return new ApiError(error.code, error.message, { cause: error });
  }
  return new ApiError('internal_error', undefined, { cause: error });
}

/** The body of an error response. */
export function toProblem(error: unknown, requestId: string): Problem {
  const { code, message } = toApiError(error);
  const { status, title } = errorTable[code];
  return { type: problemType(code), title, status, detail: message, code, request_id: requestId };
}

/** The URI that names a kind of problem (RFC 9457, 3.1.1); a name, not an address. */
export function problemType(code: ErrorCode): string {
  return `urn:deepfake-detection-api:problem:${code}`;
}
