import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

/**
 * The ffmpeg to decode with: the configured one, else that of the package ffmpeg-static, else the first on PATH.
 *
 * @param options.configured a path somebody chose; taken as it is, so that a wrong one fails instead of being replaced.
 * @returns a path, or the bare name `ffmpeg` for the system to look up.
 */
export function findFfmpeg(options: { configured?: string | undefined } = {}): string {
  return options.configured || staticFfmpeg() || 'ffmpeg';
}

/** The package is optional, and its binary is downloaded by an install script that may have been blocked. */
function staticFfmpeg(): string | undefined {
  try {
    const path: unknown = createRequire(import.meta.url)('ffmpeg-static');
    return typeof path === 'string' && existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}
