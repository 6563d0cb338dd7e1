import { randomUUID } from 'node:crypto';
import { type Problem, toApiError, toProblem } from '../../layers/api/errors.ts';
import { RemoteError } from './remote-error.ts';

/** Why a clip could not be examined. Other than in an API's answer, an error nobody expected tells its text. */
export function toFailure(error: unknown): Problem {
  if (error instanceof RemoteError) return error.problem;
  const problem = toProblem(error, randomUUID());
  if (toApiError(error).code !== 'internal_error' || !(error instanceof Error)) return problem;
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return { ...problem, detail: `${error.message}${cause}` };
}
