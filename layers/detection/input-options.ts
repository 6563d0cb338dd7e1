import { resolve } from 'node:path';
import type { Container } from './container.ts';

/** The video codecs that are accepted, by ffmpeg's names. */
export const acceptedCodecs = ['h264', 'hevc', 'vp8', 'vp9', 'av1', 'mpeg4', 'mjpeg', 'prores'] as const;

const demuxerNames: Record<Container['demuxer'], string> = {
  mov: 'mov,mp4,m4a,3gp,3g2,mj2',
  matroska: 'matroska,webm',
  avi: 'avi',
  mpegts: 'mpegts',
};

// ffmpeg's names of the decoders for acceptedCodecs, some of which have several.
const decoders = [...acceptedCodecs, 'libdav1d', 'libaom-av1', 'libvpx', 'libvpx-vp9'];

const maxAllocationBytes = 512 * 1024 ** 2;

/**
 * Arguments that open one local file and nothing else: one demuxer, whatever the file claims; no network, no other
 * file (a playlist or a reference inside the clip is not followed); no decoder but those of the accepted codecs.
 */
export function inputOptions(path: string, container: Container, maxPixels: number): string[] {
  return [
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'info'],
    ...['-max_alloc', String(maxAllocationBytes)],
    ...['-protocol_whitelist', 'file', '-format_whitelist', demuxerNames[container.demuxer]],
    ...['-codec_whitelist', decoders.join(','), '-max_pixels', String(maxPixels)],
    ...['-f', container.demuxer, '-i', `file:${resolve(path)}`],
  ];
}
