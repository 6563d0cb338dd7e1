import { type Readable, Transform } from 'node:stream';
import { DetectionError } from './errors.ts';
import { type PictureSize, thumbnailSize } from './face-detector.ts';
import { type FfmpegOptions, startFfmpeg } from './ffmpeg-process.ts';
import { inputOptions } from './input-options.ts';
import type { ProbedClip } from './probe.ts';
import { sampleIndices } from './sample.ts';
import type { Frame } from './types.ts';

export interface DecodeOptions extends FfmpegOptions {
  /** How many frames are wanted, spread evenly over the clip. */
  framesSampled: number;
  /** Threads of ffmpeg's decoder. */
  threads: number;
}

const framesAhead = 2;
// Room for temporal layers: how many such frames they have in a row the order of the file does not show.
const fewestFramesPerSample = 6;

/**
 * Decode evenly spread frames of a clip, in order: upright, deinterlaced, RGB, each with its thumbnail, which ffmpeg makes
 * in a fraction of the time that it would take here. Where there are plenty, each is the next one that others are made from.
 *
 * ffmpeg runs while the consumer works on a frame, and waits when it is two frames ahead. Ending the iteration early
 * kills it.
 *
 * @throws {DetectionError} `undecodable_video` when fewer than half of the frames come out, `deadline_exceeded`; the
 *   signal's reason when aborted.
 */
export async function* decodeFrames(clip: ProbedClip, options: DecodeOptions): AsyncGenerator<Frame> {
  const { width, height } = clip.info;
  const small = thumbnailSize(clip.info);
  const wanted = sampleIndices(clip.times.length, options.framesSampled);
  const times: number[] = [];
  const onLog = (line: string) => {
    const shown = /^\[Parsed_showinfo.* pts_time:(-?[\d.]+)/.exec(line);
    if (shown) {
      times.push(Number(shown[1]));
    }
  };
  const ffmpeg = startFfmpeg(decodeArguments(clip, wanted, small, options), options, onLog, 2);
  const wholes = pictures(ffmpeg.outputs[0]!, width * height * 3);
  const thumbnails = pictures(ffmpeg.outputs[1]!, small.width * small.height * 3);
  let index = 0;
  try {
    for await (const data of wholes) {
      const thumbnail = await thumbnails.next();
      if (thumbnail.done) {
        break;
      }
      // The log may lag behind the pictures; the time that was asked for is as good, save where a frame is missing.
      const asked = clip.times[wanted[Math.min(index, wanted.length - 1)]!]!;
      const timeS = clip.timesAreExact ? (times[index] ?? asked) : asked;
      yield { index, timeS, width, height, data, thumbnail: { ...small, data: thumbnail.value } };
      index += 1;
    }
    await thumbnails.return(undefined);
    await ffmpeg.finish();
  } finally {
    await ffmpeg.stop();
  }
  if (index < wanted.length / 2) {
    const detail = `The video cannot be decoded: ${index} of ${wanted.length} frames came out.`;
    throw new DetectionError('undecodable_video', detail);
  }
}

function decodeArguments(
  clip: ProbedClip,
  wanted: number[],
  small: PictureSize,
  options: DecodeOptions,
): string[] {
  const output = (pipe: string, filters: string[]) => [
    ...['-map', `0:${clip.stream.index}`, '-an', '-sn', '-dn', '-vf', filters.join(',')],
    ...['-frames:v', String(wanted.length), '-fps_mode', 'passthrough'],
    ...['-pix_fmt', 'rgb24', '-f', 'rawvideo', pipe],
  ];
  return [
    ...['-threads', String(options.threads), '-noautorotate'],
    ...(mayLeaveOut(clip, wanted.length) ? ['-skip_frame', 'noref'] : []),
    ...inputOptions(clip.path, clip.container, options.limits.maxPixels),
    ...output('pipe:1', [...filters(clip, wanted, clip.info), 'showinfo=checksum=0']),
    ...output('pipe:3', filters(clip, wanted, { ...small, flags: 'area' })),
  ];
}

/**
 * Whether frames that no other is made from, half of the frames of many clips, need not be decoded: when every wanted time
 * is followed by another frame before the next wanted one. A frame that is shown later than all before it in the file is one
 * that others are made from, save a few where a stream has temporal layers.
 */
function mayLeaveOut(clip: ProbedClip, wanted: number): boolean {
  let latest = -Infinity;
  let inARow = 0;
  let mostInARow = 0;
  for (const pts of clip.stream.pts) {
    inARow = pts < latest ? inARow + 1 : 0;
    mostInARow = Math.max(mostInARow, inARow);
    latest = Math.max(latest, pts);
  }
  const framesPerSample = clip.times.length / wanted;
  return clip.timesAreExact && framesPerSample >= Math.max(fewestFramesPerSample, mostInARow + 1);
}

/** Everything after `select` sees the sampled frames only, so a long clip costs little more than its decoding. */
function filters(clip: ProbedClip, wanted: number[], to: PictureSize & { flags?: string }): string[] {
  const { rotation } = clip.stream;
  const flags = to.flags ? `:flags=${to.flags}` : '';
  const turn = { 0: [], 90: ['transpose=clock'], 180: ['hflip', 'vflip'], 270: ['transpose=cclock'] }[
    rotation
  ];
  return [
    `select='${selection(clip, wanted)}'`,
    // Of the deinterlacers this one needs no neighbouring frames, which have been left out here.
    'estdif=mode=frame:deint=interlaced',
    ...turn,
    `scale=${to.width}:${to.height}${flags}:in_color_matrix=${colourMatrix(clip)}`,
    'format=rgb24',
  ];
}

/**
 * A frame is taken when it is the first at or after a wanted time; counting frames would go wrong where a codec has
 * packets that show nothing. Without presentation times counting is what is left.
 */
function selection(clip: ProbedClip, wanted: number[]): string {
  const tick = clip.stream.timeBaseS;
  const reached = wanted.map((index) =>
    clip.timesAreExact ? `gte(t,${(clip.times[index]! - tick / 2).toFixed(7)})` : `gte(n,${index})`,
  );
  // Nested by halves: ffmpeg takes no sum of a hundred terms.
  const next = (from: number, to: number): string => {
    const middle = Math.ceil((from + to) / 2);
    return to - from === 1
      ? reached[from]!
      : `if(lt(selected_n,${middle}),${next(from, middle)},${next(middle, to)})`;
  };
  return next(0, reached.length);
}

/**
 * Players take BT.709 for high definition that says nothing. But cameras and platforms do say; what says nothing was mostly
 * encoded from RGB by ffmpeg or OpenCV, as forgeries are, and those take BT.601 whatever the size.
 */
function colourMatrix(clip: ProbedClip): string {
  return clip.stream.colourMatrix ? 'auto' : 'bt601';
}

/** Read the stream from now on, two pictures ahead at most, and cut it into pictures. */
function pictures(output: Readable, bytes: number): AsyncGenerator<Uint8Array> {
  let picture = new Uint8Array(bytes);
  let filled = 0;
  const cutter = new Transform({
    readableObjectMode: true,
    readableHighWaterMark: framesAhead,
    transform(piece: Uint8Array, _encoding, done) {
      for (let read = 0; read < piece.length; ) {
        const part = piece.subarray(read, read + bytes - filled);
        picture.set(part, filled);
        filled += part.length;
        read += part.length;
        if (filled === bytes) {
          this.push(picture);
          picture = new Uint8Array(bytes);
          filled = 0;
        }
      }
      done();
    },
  });
  // What is not wanted any more is thrown away, so that ffmpeg can end.
  cutter.once('close', () => output.resume());
  return output.pipe(cutter)[Symbol.asyncIterator]() as AsyncGenerator<Uint8Array>;
}
