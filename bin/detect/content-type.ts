import { extname } from 'node:path';

const typeOfExtension: Record<string, string> = {
  '.avi': 'video/x-msvideo',
  '.mkv': 'video/x-matroska',
  '.mov': 'video/quicktime',
  '.ts': 'video/mp2t',
  '.webm': 'video/webm',
};

/** The media type to announce a clip with. The service goes by the content, so a guess from the name will do. */
export function contentTypeOf(path: string): string {
  return typeOfExtension[extname(path).toLowerCase()] ?? 'video/mp4';
}
