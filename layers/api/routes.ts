import type { ErrorCode } from './errors.ts';

export interface Route {
  method: 'GET' | 'POST';
  path: string;
  /** Whether the route asks for a key. */
  secured: boolean;
  /** The errors of its own; those of every route are added to them. */
  errors: readonly ErrorCode[];
}

/** Every route of the API: the local server's router and the OpenAPI document are made from this. */
export const routes = {
  detectDeepfake: {
    method: 'POST',
    path: '/detect_deepfake',
    secured: true,
    errors: [
      'no_video',
      'malformed_request',
      'not_found',
      'upload_incomplete',
      'file_too_large',
      'unsupported_media',
      'undecodable_video',
      'clip_too_long',
      'clip_too_short',
      'resolution_too_large',
      'model_unavailable',
      'deadline_exceeded',
    ],
  },
  createUpload: { method: 'POST', path: '/uploads', secured: true, errors: ['malformed_request'] },
  getDetection: { method: 'GET', path: '/detections/{upload_id}', secured: true, errors: ['not_found'] },
  getHealth: { method: 'GET', path: '/health', secured: false, errors: [] },
  getOpenApi: { method: 'GET', path: '/openapi.json', secured: false, errors: [] },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

/** What a route may answer besides success. */
export function errorsOf({ secured, errors }: Route): ErrorCode[] {
  const shared: ErrorCode[] = secured
    ? ['unauthorized', 'forbidden', 'too_many_requests', 'internal_error']
    : ['internal_error'];
  return [...errors, ...shared];
}
