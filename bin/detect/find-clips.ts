import { glob, open, readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { BadUsage } from '../common/bad-usage.ts';

const videoExtensions = new Set('.3gp .avi .m2ts .m4v .mkv .mov .mp4 .mpg .mts .webm .wmv'.split(' '));
/** The first byte of every MPEG-TS packet (ISO/IEC 13818-1, 2.4.3.2). */
const TS_SYNC_BYTE = 0x47;

/**
 * The clips that files, folders and patterns name, each once, in a stable order. A file that is not there stays in the
 * list, so that it is reported like any other clip that cannot be examined.
 * @throws {BadUsage} when a folder or a pattern has no clips in it
 */
export async function findClips(words: readonly string[]): Promise<string[]> {
  const found = await Promise.all(words.map(findNamed));
  return [...new Set(found.flat())];
}

async function findNamed(word: string): Promise<string[]> {
  const stats = await stat(word).catch(() => undefined);
  const isPattern = !stats && /[*?[\]{}]/.test(word);
  if (!isPattern && !stats?.isDirectory()) return [word];

  const clips: string[] = [];
  for await (const path of isPattern ? glob(word) : filesIn(word)) {
    if (await isVideo(path)) clips.push(path);
  }
  if (clips.length === 0) throw new BadUsage(`There are no video clips in ${word}.`);
  return clips.sort();
}

async function* filesIn(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isDirectory()) yield join(entry.parentPath, entry.name);
  }
}

async function isVideo(path: string): Promise<boolean> {
  const extension = extname(path).toLowerCase();
  return extension === '.ts' ? isTransportStream(path) : videoExtensions.has(extension);
}

/** Most files with the extension .ts are TypeScript. */
async function isTransportStream(path: string): Promise<boolean> {
  await using file = await open(path);
  const { bytesRead, buffer } = await file.read(Buffer.alloc(1));
  return bytesRead === 1 && buffer[0] === TS_SYNC_BYTE;
}
