import { randomBytes } from 'node:crypto';

/**
 * What an upload id may look like. It begins with a letter or digit and holds no slash, so it can never leave its
 * folder or prefix. Clips an operator copies into the bucket keep their file name as the id.
 */
export const UPLOAD_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** A new id nobody can guess: 192 random bits, hexadecimal. */
export function newUploadId(): string {
  return randomBytes(24).toString('hex');
}

export function isUploadId(value: string): boolean {
  return UPLOAD_ID_PATTERN.test(value);
}
