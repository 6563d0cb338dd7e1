import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { type ErrorCode, errorTable, problemType } from '../layers/api/errors.ts';
import type { Settings } from './settings.ts';

interface GatewayProblem {
  code: ErrorCode;
  /** In place of the error table's detail. */
  detail?: string;
  /** API Gateway's own message as the detail. */
  gatewayMessage?: true;
  retryAfterS?: number;
}

const requestTooLarge =
  'A request holds at most 6 MB after encoding, so a clip of about 4.4 MB; upload larger ones through POST /uploads.';

/**
 * What API Gateway answers by itself, without reaching a function, in the words of the same error table.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
function gatewayProblems(authorization: Settings['authorization']): [ResponseType, GatewayProblem][] {
  const credentials = {
    apiKey: 'Send an API key in the header "x-api-key".',
    iam: 'Sign the request with AWS Signature Version 4.',
    jwt: 'Send a valid token in the header "Authorization: Bearer ...".',
  }[authorization];
  const unauthorized: GatewayProblem = { code: 'unauthorized', detail: credentials };
  return [
    [ResponseType.ACCESS_DENIED, { code: 'forbidden' }],
    [ResponseType.API_CONFIGURATION_ERROR, { code: 'internal_error' }],
    [ResponseType.AUTHORIZER_CONFIGURATION_ERROR, { code: 'internal_error' }],
    [ResponseType.AUTHORIZER_FAILURE, { code: 'internal_error' }],
    [ResponseType.BAD_REQUEST_BODY, { code: 'malformed_request', gatewayMessage: true }],
    [ResponseType.BAD_REQUEST_PARAMETERS, { code: 'malformed_request', gatewayMessage: true }],
    [ResponseType.DEFAULT_4XX, { code: 'malformed_request', gatewayMessage: true }],
    [ResponseType.DEFAULT_5XX, { code: 'internal_error' }],
    [ResponseType.EXPIRED_TOKEN, { code: 'forbidden', gatewayMessage: true }],
    [ResponseType.INTEGRATION_FAILURE, { code: 'internal_error' }],
    [ResponseType.INTEGRATION_TIMEOUT, { code: 'deadline_exceeded' }],
    [ResponseType.INVALID_API_KEY, unauthorized],
    [ResponseType.INVALID_SIGNATURE, { code: 'forbidden', gatewayMessage: true }],
    // API Gateway says this of every address it does not know; with IAM also of a request without a signature.
    [
      ResponseType.MISSING_AUTHENTICATION_TOKEN,
      authorization === 'iam' ? unauthorized : { code: 'not_found' },
    ],
    [
      ResponseType.QUOTA_EXCEEDED,
      { code: 'too_many_requests', detail: "The key's quota is used up.", retryAfterS: 3600 },
    ],
    [ResponseType.REQUEST_TOO_LARGE, { code: 'file_too_large', detail: requestTooLarge }],
    [ResponseType.RESOURCE_NOT_FOUND, { code: 'not_found' }],
    [ResponseType.THROTTLED, { code: 'too_many_requests', retryAfterS: 1 }],
    [ResponseType.UNAUTHORIZED, unauthorized],
    [ResponseType.UNSUPPORTED_MEDIA_TYPE, { code: 'unsupported_media' }],
    [ResponseType.WAF_FILTERED, { code: 'forbidden' }],
  ];
}

/** Makes API Gateway's own errors problem+json documents like those of the functions. */
export class ProblemResponses extends Construct {
  constructor(scope: Construct, id: string, api: RestApi, settings: Settings) {
    super(scope, id);
    for (const [type, problem] of gatewayProblems(settings.authorization)) {
      api.addGatewayResponse(type.responseType, {
        type,
        statusCode: String(errorTable[problem.code].status),
        responseHeaders: {
          'Content-Type': "'application/problem+json'",
          'x-request-id': 'context.requestId',
          ...(problem.retryAfterS && { 'Retry-After': `'${problem.retryAfterS}'` }),
          ...corsHeaders(settings.corsOrigins),
        },
        templates: { 'application/json': problemTemplate(problem) },
      });
    }
  }
}

function problemTemplate({ code, detail, gatewayMessage }: GatewayProblem): string {
  const { title, status, detail: usual } = errorTable[code];
  const document = { type: problemType(code), title, status, code, request_id: '$context.requestId' };
  // messageString brings its own quotes, so it cannot go through JSON.stringify.
  const detailJson = gatewayMessage ? '$context.error.messageString' : JSON.stringify(detail ?? usual);
  return `${JSON.stringify(document).slice(0, -1)},"detail":${detailJson}}`;
}

/** A gateway response can name one origin only; an error says nothing secret, so with several any may read it. */
function corsHeaders(origins: readonly string[]): Record<string, string> {
  if (origins.length === 0) return {};
  return { 'Access-Control-Allow-Origin': origins.length === 1 ? `'${origins[0]}'` : "'*'" };
}
