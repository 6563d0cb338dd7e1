import { describe, expect, test } from 'vitest';
import { ApiError, type ErrorCode, errorTable, toApiError, toProblem } from '../../../layers/api/errors.ts';
import { problemResponse } from '../../../layers/api/responses.ts';
import { problemSchema } from '../../../layers/api/schemas.ts';
import { DetectionError } from '../../../layers/detection/errors.ts';
import { StoreError } from '../../../layers/storage/errors.ts';

const codes = Object.keys(errorTable) as ErrorCode[];

test.each(codes)('%s makes a problem document', (code) => {
  const problem = toProblem(new ApiError(code), 'request-1');
  expect(problemSchema.parse(problem)).toEqual(problem);
  expect(problem).toMatchObject({ code, status: errorTable[code].status, request_id: 'request-1' });
  expect(problem.detail).not.toBe('');
  expect(URL.canParse(problem.type)).toBe(true);
});

describe('errors of the layers below', () => {
  test('keep their code and their words', () => {
    const detection = new DetectionError('clip_too_long', 'The clip is 90 s long.');
    const store = new StoreError('upload_incomplete', 'Not there yet.');
    expect(toProblem(detection, '1')).toMatchObject({
      code: 'clip_too_long',
      detail: 'The clip is 90 s long.',
    });
    expect(toProblem(store, '1')).toMatchObject({ code: 'upload_incomplete', detail: 'Not there yet.' });
  });

  test('that nobody foresaw tell nothing to the client, and everything to the log', () => {
    const cause = new Error('ENOSPC: /var/secret/path');
    expect(JSON.stringify(toProblem(cause, '1'))).not.toContain('secret');
    expect(toApiError(cause)).toMatchObject({ code: 'internal_error', cause });
    expect(toProblem('thrown as text', '1').code).toBe('internal_error');
  });
});

test('headers of an error go into its response', () => {
  const error = new ApiError('too_many_requests', undefined, { headers: { 'retry-after': '7' } });
  expect(problemResponse(error, '1')).toMatchObject({
    statusCode: 429,
    headers: { 'retry-after': '7', 'content-type': 'application/problem+json' },
  });
});
