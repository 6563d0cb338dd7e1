import { open } from 'node:fs/promises';
import { DetectionError } from './errors.ts';

/** A container that is accepted, and the one demuxer that may read it. */
export interface Container {
  name: 'mp4' | 'mov' | 'webm' | 'matroska' | 'avi' | 'mpegts';
  demuxer: 'mov' | 'matroska' | 'avi' | 'mpegts';
}

const mp4Boxes = ['ftyp', 'styp', 'moof', 'sidx'];
const quickTimeBoxes = ['moov', 'mdat', 'wide', 'free', 'skip', 'pnot'];
const sniffedBytes = 1024;

/**
 * Tell the container of a file by its first bytes; its name does not count.
 * @throws {DetectionError} `unsupported_media`
 */
export async function sniffContainer(path: string): Promise<Container> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(sniffedBytes), 0, sniffedBytes, 0);
    const container = containerOf(buffer.subarray(0, bytesRead));
    if (!container) {
      throw new DetectionError(
        'unsupported_media',
        bytesRead === 0
          ? 'The file is empty.'
          : 'The file is not an MP4, MOV, WebM, MKV, AVI or MPEG-TS video.',
      );
    }
    return container;
  } finally {
    await file.close();
  }
}

function containerOf(head: Buffer): Container | undefined {
  const text = (start: number, end: number) => head.toString('latin1', start, end);
  if (quickTimeBoxes.includes(text(4, 8)) || text(4, 12) === 'ftypqt  ') {
    return { name: 'mov', demuxer: 'mov' };
  }
  if (mp4Boxes.includes(text(4, 8))) {
    return { name: 'mp4', demuxer: 'mov' };
  }
  if (text(0, 4) === '\x1aE\xdf\xa3') {
    return { name: head.includes('webm') ? 'webm' : 'matroska', demuxer: 'matroska' };
  }
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'AVI ') {
    return { name: 'avi', demuxer: 'avi' };
  }
  if (isTransportStream(head, 188, 0) || isTransportStream(head, 192, 4)) {
    return { name: 'mpegts', demuxer: 'mpegts' };
  }
  return undefined;
}

/** Four packets in a row begin with the sync byte; a Blu-ray packet has a 4-byte time before it. */
function isTransportStream(head: Buffer, packet: number, offset: number): boolean {
  return [0, 1, 2, 3].every((i) => head[offset + i * packet] === 0x47);
}
