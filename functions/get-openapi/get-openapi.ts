import { type ApiHandler, type ApiHandlerConfig, apiHandler } from '../../layers/api/api-handler.ts';
import { openApiDocument } from '../../layers/api/openapi.ts';
import { jsonResponse } from '../../layers/api/responses.ts';

/** GET /openapi.json */
export function createGetOpenApiHandler(config: ApiHandlerConfig): ApiHandler {
  return apiHandler(
    async () => jsonResponse(200, openApiDocument, { 'cache-control': 'public, max-age=300' }),
    config,
  );
}
