import { type ApiHandler, type ApiHandlerConfig, apiHandler } from '../../layers/api/api-handler.ts';
import { jsonResponse } from '../../layers/api/responses.ts';
import { API_VERSION } from '../../layers/api/schemas.ts';

/** GET /health */
export function createGetHealthHandler(config: ApiHandlerConfig): ApiHandler {
  return apiHandler(async () => jsonResponse(200, { status: 'ok', api_version: API_VERSION }), config);
}
