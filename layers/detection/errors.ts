/** Why a clip could not be examined. Each code is a row of the API's error table. */
export type DetectionErrorCode =
  | 'unsupported_media'
  | 'undecodable_video'
  | 'clip_too_long'
  | 'clip_too_short'
  | 'resolution_too_large'
  | 'file_too_large'
  | 'model_unavailable'
  | 'deadline_exceeded';

/** Thrown by everything in this layer; `message` is fit for the person who sent the clip. */
export class DetectionError extends Error {
  override readonly name = 'DetectionError';
  readonly code: DetectionErrorCode;

  constructor(code: DetectionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
