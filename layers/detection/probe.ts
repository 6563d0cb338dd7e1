import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { throwIfAborted } from './abort.ts';
import { type Container, sniffContainer } from './container.ts';
import { DetectionError } from './errors.ts';
import { type FfmpegOptions, startFfmpeg } from './ffmpeg-process.ts';
import { hashFile } from './file-hash.ts';
import { acceptedCodecs, inputOptions } from './input-options.ts';
import type { Limits } from './limits.ts';
import { createPacketTable, type PacketStream } from './packet-table.ts';
import { createStreamLog, type LoggedStream } from './stream-log.ts';
import type { ClipInfo } from './types.ts';

/** A clip that is within the limits, and what is needed to decode it. */
export interface ProbedClip {
  path: string;
  info: ClipInfo;
  container: Container;
  stream: VideoStream;
  /** Presentation time of each frame in seconds from the start of the clip, ascending. */
  times: Float64Array;
  /** False when the container holds no presentation times and `times` was made from the decoding order. */
  timesAreExact: boolean;
}

type VideoStream = LoggedStream & PacketStream;

// ffmpeg's words for a file that ends before its index says so. A transport stream has no index: what is there of it is
// examined.
const truncated = /partial file|File ended prematurely|moov atom not found|corrupt input packet/;

/** How far the greatest length and frame rate may be exceeded: "a minute" often lasts 60.04 s. */
const slack = 1.01;

/**
 * Read what a clip is without decoding it, and refuse what is outside the limits.
 *
 * @param path a local file.
 * @throws {DetectionError} `unsupported_media`, `undecodable_video`, `file_too_large`, `clip_too_long`,
 *   `clip_too_short`, `resolution_too_large`, `deadline_exceeded`
 */
export async function probeClip(path: string, options: FfmpegOptions): Promise<ProbedClip> {
  const { limits, signal } = options;
  throwIfAborted(signal);
  const { size } = await stat(path);
  if (size > limits.maxBytes) {
    throw new DetectionError(
      'file_too_large',
      `The file has ${size} bytes; at most ${limits.maxBytes} are accepted.`,
    );
  }
  const container = await sniffContainer(path);
  const refused = new AbortController();
  const hash = hashFile(path, signal ? AbortSignal.any([signal, refused.signal]) : refused.signal);
  hash.catch(() => {}); // awaited below, unless the clip is refused first
  try {
    const stream = chooseStream(await listStreams(path, container, options));
    const clip = describeClip(path, container, stream, limits);
    return { ...clip, info: { ...clip.info, bytes: size, sha256: await hash } };
  } finally {
    refused.abort();
  }
}

function describeClip(
  path: string,
  container: Container,
  stream: VideoStream,
  limits: Limits,
): Omit<ProbedClip, 'info'> & { info: Omit<ClipInfo, 'bytes' | 'sha256'> } {
  const { times, exact } = frameTimes(stream);
  const durationS = duration(stream, times);
  checkLimits(stream, times.length, durationS, limits);
  const onItsSide = stream.rotation === 90 || stream.rotation === 270;
  return {
    path,
    container,
    stream,
    times,
    timesAreExact: exact,
    info: {
      container: container.name,
      codec: stream.codec,
      width: onItsSide ? stream.height : stream.width,
      height: onItsSide ? stream.width : stream.height,
      fps: times.length / durationS,
      durationS,
      frameCount: times.length,
    },
  };
}

async function listStreams(
  path: string,
  container: Container,
  options: FfmpegOptions,
): Promise<VideoStream[]> {
  const { limits } = options;
  const log = createStreamLog();
  const table = createPacketTable();
  let broken = false;
  // 0:V are the video streams that are no cover art. A larger picture than the limit must still be told from a broken one.
  const args = [
    ...inputOptions(path, container, 16 * limits.maxPixels),
    ...['-map', '0:V', '-c', 'copy', '-f', 'framecrc', 'pipe:1'],
  ];
  const ffmpeg = startFfmpeg(args, options, (line) => {
    log.addLine(line);
    broken ||= truncated.test(line);
  });
  try {
    const mostFrames = limits.maxDurationS * limits.maxFps;
    for await (const line of createInterface({ input: ffmpeg.stdout })) {
      table.addLine(line);
      if (table.streams.some((stream) => stream?.pts.length > mostFrames * slack ** 2)) {
        throw new DetectionError('clip_too_long', `The clip has more than ${mostFrames} frames.`);
      }
    }
    await ffmpeg.finish();
    if (broken && container.name !== 'mpegts') {
      throw new DetectionError('undecodable_video', 'The clip is truncated: its end is missing.');
    }
    if (log.opened && log.streams.length === 0) {
      throw new DetectionError('unsupported_media', 'The file holds no video stream.');
    }
  } finally {
    await ffmpeg.stop();
  }
  return joinStreams(log.streams, table.streams);
}

function joinStreams(logged: readonly LoggedStream[], packets: (PacketStream | undefined)[]): VideoStream[] {
  return logged.flatMap((stream, i) => {
    const listed = packets[i];
    return listed ? [{ ...stream, ...listed }] : [];
  });
}

/** The largest of the streams that the file marks as default, or of all when it marks none. */
function chooseStream(streams: VideoStream[]): VideoStream {
  const playable = streams.filter((stream) => stream.pts.length > 0);
  if (playable.length === 0) {
    throw new DetectionError('undecodable_video', 'The file holds no readable picture.');
  }
  const marked = playable.filter((stream) => stream.isDefault);
  const pixels = (stream: VideoStream) => stream.width * stream.height;
  return (marked.length > 0 ? marked : playable).reduce((a, b) => (pixels(b) > pixels(a) ? b : a));
}

/** AVI holds no presentation times; there the decoding times stand in, off by the few frames a codec reorders. */
function frameTimes(stream: VideoStream): { times: Float64Array; exact: boolean } {
  const exact = stream.pts.every((pts) => pts > -(2 ** 62));
  const ticks = Float64Array.from(exact ? stream.pts : stream.dts).sort();
  return { times: ticks.map((tick) => tick * stream.timeBaseS), exact };
}

/** Seconds from the first frame to the end of the last; a last frame of unknown length lasts as long as the average. */
function duration(stream: VideoStream, times: Float64Array): number {
  const toLast = times.at(-1)! - times[0]!;
  const known = stream.durations.at(-1)! * stream.timeBaseS;
  const average = times.length > 1 ? toLast / (times.length - 1) : 0;
  return toLast + (known || average);
}

function checkLimits(stream: PacketStream, frameCount: number, durationS: number, limits: Limits): void {
  const { codec, width, height } = stream;
  if (!acceptedCodecs.some((accepted) => accepted === codec)) {
    throw new DetectionError('unsupported_media', `Video in the codec ${codec} is not accepted.`);
  }
  if (!(width > 0 && height > 0)) {
    throw new DetectionError('undecodable_video', 'The video stream cannot be decoded: its size is unknown.');
  }
  if (width * height > limits.maxPixels) {
    const detail = `The picture has ${width} x ${height} pixels; at most ${limits.maxPixels} in all are accepted.`;
    throw new DetectionError('resolution_too_large', detail);
  }
  if (durationS > limits.maxDurationS * slack) {
    const detail = `The clip lasts ${durationS.toFixed(1)} s; at most ${limits.maxDurationS} s are accepted.`;
    throw new DetectionError('clip_too_long', detail);
  }
  if (frameCount < 2) {
    throw new DetectionError('clip_too_short', 'The clip holds a single picture.');
  }
  if (durationS < limits.minDurationS) {
    const detail = `The clip lasts ${durationS.toFixed(2)} s; at least ${limits.minDurationS} s are needed.`;
    throw new DetectionError('clip_too_short', detail);
  }
  if (frameCount / durationS > limits.maxFps * slack) {
    const fps = (frameCount / durationS).toFixed(0);
    const detail = `The clip has ${fps} frames a second; at most ${limits.maxFps} are accepted.`;
    throw new DetectionError('unsupported_media', detail);
  }
}
