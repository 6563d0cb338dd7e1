import { z } from 'zod';
import { type ErrorCode, errorTable, type Problem, problemType } from '../../layers/api/errors.ts';
import { problemSchema } from '../../layers/api/schemas.ts';

/** The service refused or failed; `problem` is its answer. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** What API Gateway and S3 answer when the request never reached the service. */
const codeOfStatus: Record<number, ErrorCode> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  413: 'file_too_large',
  415: 'unsupported_media',
  429: 'too_many_requests',
  503: 'model_unavailable',
  504: 'deadline_exceeded',
};

/** An error answer as the problem it carries or, when something in between answered, the nearest one. */
export function toRemoteError(status: number, body: string, requestId = ''): RemoteError {
  const problem = problemSchema.safeParse(parseJson(body));
  if (problem.success) return new RemoteError(problem.data);

  const code = codeOfStatus[status] ?? 'internal_error';
  const message = z.object({ message: z.string() }).safeParse(parseJson(body));
  const detail = message.success ? message.data.message : `The service answered with status ${status}.`;
  const { title } = errorTable[code];
  return new RemoteError({ type: problemType(code), title, status, detail, code, request_id: requestId });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
