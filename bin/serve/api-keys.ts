import { createHash, timingSafeEqual } from 'node:crypto';
import { ApiError } from '../../layers/api/errors.ts';

/**
 * A check of the header x-api-key against the keys of this server; with no keys, everybody may pass.
 * @throws {ApiError} `unauthorized` without a key, `forbidden` with a wrong one
 */
export function createKeyCheck(keys: string[]): (sent: string | undefined) => void {
  const digests = keys.map(digest);
  return (sent) => {
    if (digests.length === 0) return;
    if (!sent) throw new ApiError('unauthorized');
    const sentDigest = digest(sent);
    // Digests are of one length, and the comparison takes the same time wherever they differ.
    if (!digests.some((known) => timingSafeEqual(known, sentDigest))) {
      throw new ApiError('forbidden', 'The API key is not known.');
    }
  };
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
