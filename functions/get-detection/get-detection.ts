import { type ApiHandler, type ApiHandlerConfig, apiHandler } from '../../layers/api/api-handler.ts';
import { ApiError } from '../../layers/api/errors.ts';
import { jsonResponse } from '../../layers/api/responses.ts';
import type { Store } from '../../layers/storage/store.ts';
import { isUploadId } from '../../layers/storage/upload-id.ts';

export interface GetDetectionDeps extends ApiHandlerConfig {
  store: Pick<Store, 'getState'>;
}

/** GET /detections/{upload_id} */
export function createGetDetectionHandler({ store, ...config }: GetDetectionDeps): ApiHandler {
  return apiHandler(async (event) => {
    const uploadId = event.pathParameters?.upload_id ?? '';
    const state = isUploadId(uploadId) ? await store.getState(uploadId) : undefined;
    if (!state) throw new ApiError('not_found', 'There is no such upload, or it has expired.');
    return jsonResponse(200, state);
  }, config);
}
