import { createCreateUploadHandler } from '../../functions/create-upload/create-upload.ts';
import { createDetectDeepfakeHandler } from '../../functions/detect-deepfake/detect-deepfake.ts';
import { createGetDetectionHandler } from '../../functions/get-detection/get-detection.ts';
import { createGetHealthHandler } from '../../functions/get-health/get-health.ts';
import { createGetOpenApiHandler } from '../../functions/get-openapi/get-openapi.ts';
import {
  createProcessUploadHandler,
  type ProcessUploadHandler,
} from '../../functions/process-upload/process-upload.ts';
import type { ApiHandler, ApiHandlerConfig } from '../../layers/api/api-handler.ts';
import type { RouteName } from '../../layers/api/routes.ts';
import type { Detector, OperatingPoint } from '../../layers/detection/types.ts';
import type { Store } from '../../layers/storage/store.ts';

export interface HandlerDeps {
  detector: () => Promise<Detector>;
  store: Store;
  config: { maxClipBytes: number; operatingPoint: OperatingPoint; tempDir: string };
  apiConfig: ApiHandlerConfig;
}

export interface Handlers {
  routes: Record<RouteName, ApiHandler>;
  processUpload: ProcessUploadHandler;
}

/** The handlers of the Lambda functions, with what this machine has in place of AWS. */
export function createHandlers({ detector, store, config, apiConfig }: HandlerDeps): Handlers {
  return {
    routes: {
      detectDeepfake: createDetectDeepfakeHandler({ detector, store, config, ...apiConfig }),
      createUpload: createCreateUploadHandler({ store, ...apiConfig }),
      getDetection: createGetDetectionHandler({ store, ...apiConfig }),
      getHealth: createGetHealthHandler(apiConfig),
      getOpenApi: createGetOpenApiHandler(apiConfig),
    },
    processUpload: createProcessUploadHandler({ detector, store, config, log: apiConfig.log }),
  };
}
