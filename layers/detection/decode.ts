import { type Readable, Transform } from 'node:stream';
import { DetectionError } from './errors.ts';
import { type FfmpegOptions, startFfmpeg } from './ffmpeg-process.ts';
import { inputOptions } from './input-options.ts';
import type { ProbedClip } from './probe.ts';
import { sampleIndices } from './sample.ts';
import type { Frame } from './types.ts';
import { bt601, type ColourMatrix, colourMatrices, yuvBytes } from './yuv.ts';

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
 * Decode evenly spread frames of a clip, in order: upright, deinterlaced. They stay YUV, since faces are a small part
 * of most pictures. Where there are plenty, each is the next one that others are made from.
 *
 * ffmpeg runs while the consumer works on a frame, and waits when it is two frames ahead. Ending the iteration early
 * kills it.
 *
 * @throws {DetectionError} `undecodable_video` when fewer than half of the frames come out, `deadline_exceeded`; the
 *   signal's reason when aborted.
 */
export async function* decodeFrames(clip: ProbedClip, options: DecodeOptions): AsyncGenerator<Frame> {
  const { width, height } = clip.info;
  const wanted = sampleIndices(clip.times.length, options.framesSampled);
  const times: number[] = [];
  const onLog = (line: string) => {
    const shown = /^\[Parsed_showinfo.* pts_time:(-?[\d.]+)/.exec(line);
    if (shown) {
      times.push(Number(shown[1]));
    }
  };
  const ffmpeg = startFfmpeg(decodeArguments(clip, wanted, options), options, onLog);
  const matrix = colourMatrix(clip);
  let index = 0;
  try {
    for await (const data of pictures(ffmpeg.stdout, yuvBytes(width, height))) {
      // The log may lag behind the pictures; the time that was asked for is as good, save where a frame is missing.
      const asked = clip.times[wanted[Math.min(index, wanted.length - 1)]!]!;
      const timeS = clip.timesAreExact ? (times[index] ?? asked) : asked;
      yield { index, timeS, width, height, data, matrix };
      index += 1;
    }
    await ffmpeg.finish();
  } finally {
    await ffmpeg.stop();
  }
  if (index < wanted.length / 2) {
    const detail = `The video cannot be decoded: ${index} of ${wanted.length} frames came out.`;
    throw new DetectionError('undecodable_video', detail);
  }
}

function decodeArguments(clip: ProbedClip, wanted: number[], options: DecodeOptions): string[] {
  return [
    ...['-threads', String(options.threads), '-noautorotate'],
    ...(mayLeaveOut(clip, wanted.length) ? ['-skip_frame', 'noref'] : []),
    ...inputOptions(clip.path, clip.container, options.limits.maxPixels),
    ...['-map', `0:${clip.stream.index}`, '-an', '-sn', '-dn', '-vf', filters(clip, wanted).join(',')],
    ...['-frames:v', String(wanted.length), '-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1'],
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
function filters(clip: ProbedClip, wanted: number[]): string[] {
  const { rotation } = clip.stream;
  const { width, height } = clip.info;
  const turn = { 0: [], 90: ['transpose=clock'], 180: ['hflip', 'vflip'], 270: ['transpose=cclock'] }[
    rotation
  ];
  return [
    `select='${selection(clip, wanted)}'`,
    // Of the deinterlacers this one needs no neighbouring frames, which have been left out here.
    'estdif=mode=frame:deint=interlaced',
    ...turn,
    `scale=${width}:${height}${conversion(clip)}`,
    'format=yuv420p',
    'showinfo=checksum=0',
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

/** What is not of limited range, or RGB, is converted; all else ffmpeg leaves as it is. */
function conversion({ stream }: ProbedClip): string {
  const range = stream.fullRange ? ':in_range=full:out_range=limited' : '';
  return stream.colourMatrix === 'gbr' ? `${range}:out_color_matrix=bt601` : range;
}

/**
 * Players take BT.709 for high definition that says nothing. But cameras and platforms do say; what says nothing was mostly
 * encoded from RGB by ffmpeg or OpenCV, as forgeries are, and those take BT.601 whatever the size.
 */
function colourMatrix({ stream }: ProbedClip): ColourMatrix {
  return colourMatrices[stream.colourMatrix ?? ''] ?? bt601;
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
