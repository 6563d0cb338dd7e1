import { randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { z } from 'zod';
import { ApiError } from '../../layers/api/errors.ts';
import { formatBytes } from '../../layers/api/format-bytes.ts';
import { routes } from '../../layers/api/routes.ts';
import { detectionSchema } from '../../layers/api/schemas.ts';
import { contentTypeOf } from './content-type.ts';
import type { Examiner, Question } from './examiner.ts';
import { toRemoteError } from './remote-error.ts';

/** An invocation carries 6 MB, and base64 makes three bytes four. */
const LARGEST_CLIP = 4_400_000;

const resultSchema = z.object({ statusCode: z.int(), body: z.string() });

export interface LambdaConfig {
  client: LambdaClient;
  functionName: string;
}

/** Examines clips by invoking the Lambda function behind POST /detect_deepfake with the event API Gateway would send. */
export function createLambdaExaminer({ client, functionName }: LambdaConfig, question: Question): Examiner {
  return {
    async examine(path, signal) {
      const { size } = await stat(path);
      if (size > LARGEST_CLIP) {
        const limit = formatBytes(LARGEST_CLIP);
        throw new ApiError('file_too_large', `An invocation carries clips of up to ${limit}; use --api.`);
      }
      const event = toEvent(await readFile(path), contentTypeOf(path), question);
      const { Payload, FunctionError } = await client.send(
        new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(event) }),
        { abortSignal: signal },
      );
      const payload = JSON.parse(Payload?.transformToString() || 'null');
      if (FunctionError) {
        throw new ApiError(
          'internal_error',
          `The function failed: ${payload?.errorMessage ?? FunctionError}.`,
        );
      }
      const { statusCode, body } = resultSchema.parse(payload);
      if (statusCode !== 200) throw toRemoteError(statusCode, body, event.requestContext.requestId);
      return detectionSchema.parse(JSON.parse(body));
    },
    close: async () => client.destroy(),
  };
}

function toEvent(clip: Buffer, contentType: string, { operatingPoint, include }: Question) {
  const { path, method } = routes.detectDeepfake;
  const query = {
    ...(operatingPoint && { operating_point: operatingPoint }),
    ...(include.length > 0 && { include: include.join(',') }),
  };
  const headers = { 'content-type': contentType };
  return {
    resource: path,
    path,
    httpMethod: method,
    headers,
    multiValueHeaders: { 'content-type': [contentType] },
    queryStringParameters: query,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    body: clip.toString('base64'),
    isBase64Encoded: true,
    requestContext: {
      requestId: randomUUID(),
      requestTimeEpoch: Date.now(),
      httpMethod: method,
      path,
      resourcePath: path,
      stage: 'invoke',
    } as APIGatewayProxyEvent['requestContext'],
  } satisfies APIGatewayProxyEvent;
}
