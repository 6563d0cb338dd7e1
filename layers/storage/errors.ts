/** Why a clip or its result is not to be had. Each code is a row of the API's error table. */
export type StoreErrorCode = 'not_found' | 'upload_incomplete' | 'file_too_large';

/** Thrown by every `Store`; `message` is fit for the person who sent the clip. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
