import type { APIGatewayProxyEvent } from 'aws-lambda';
import { type ApiHandler, type ApiHandlerConfig, apiHandler } from '../../layers/api/api-handler.ts';
import { parseInput, parseJson } from '../../layers/api/parse-input.ts';
import { bodyOf, headerOf } from '../../layers/api/request.ts';
import { jsonResponse } from '../../layers/api/responses.ts';
import { createUploadBodySchema } from '../../layers/api/schemas.ts';
import type { Store } from '../../layers/storage/store.ts';

export interface CreateUploadDeps extends ApiHandlerConfig {
  store: Pick<Store, 'createUpload'>;
}

/** POST /uploads */
export function createCreateUploadHandler({ store, ...config }: CreateUploadDeps): ApiHandler {
  return apiHandler(async (event) => {
    const body = bodyOf(event).toString('utf8');
    const { content_type: contentType } = body
      ? parseJson(createUploadBodySchema, body)
      : parseInput(createUploadBodySchema, {}, 'body');
    const ticket = await store.createUpload(contentType);
    return jsonResponse(201, {
      upload_id: ticket.uploadId,
      url: absoluteUrl(ticket.url, event),
      fields: ticket.fields,
      max_bytes: ticket.maxBytes,
      expires_at: ticket.expiresAt.toISOString(),
      detection_url: `${basePathOf(event)}/detections/${ticket.uploadId}`,
    });
  }, config);
}

/** A path on our own server becomes an address under the name the client knows us by. */
function absoluteUrl(url: string, event: APIGatewayProxyEvent): string {
  if (URL.canParse(url)) return url;
  const scheme = headerOf(event, 'x-forwarded-proto') === 'https' ? 'https' : 'http';
  return new URL(url, `${scheme}://${headerOf(event, 'host')}`).href;
}

/** What API Gateway puts before the paths of the API: the stage ("/prod"), or a custom domain's base path. */
function basePathOf({ requestContext, resource }: APIGatewayProxyEvent): string {
  const { path } = requestContext;
  return path.endsWith(resource) ? path.slice(0, path.length - resource.length) : '';
}
