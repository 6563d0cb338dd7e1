import { colourMatrices } from './yuv.ts';

/** What ffmpeg logs of a video stream when it opens a file, as far as decoding needs it. */
export interface LoggedStream {
  /** Number of the stream in the file. */
  index: number;
  /** Marked as the default stream of the file. */
  isDefault: boolean;
  /** Clockwise quarter turns that set the picture upright: 0, 90, 180 or 270 degrees. */
  rotation: 0 | 90 | 180 | 270;
  /** ffmpeg's name of the colour matrix; undefined where the file does not say. */
  colourMatrix: string | undefined;
  /** Whether the file says that black is 0 and white 255. */
  fullRange: boolean;
}

const streamLine = /^\s*Stream #0:(\d+)\S*: Video: (.*)$/;
const rotationLine = /displaymatrix: rotation of (-?[\d.]+) degrees/;
// pix_fmt(tv, bt709/unknown/unknown, top first): the matrix is the first of the three, or the only one when all agree.
const matrixNames = [...Object.keys(colourMatrices), 'ycgco', 'gbr'];

/** What ffmpeg's log tells of a file. */
export interface StreamLog {
  addLine(line: string): void;
  /** The video streams, without cover art. */
  readonly streams: readonly LoggedStream[];
  /** Whether the container could be read. */
  readonly opened: boolean;
}

/** Reads ffmpeg's log line by line. */
export function createStreamLog(): StreamLog {
  const streams: LoggedStream[] = [];
  let current: LoggedStream | undefined;
  let opened = false;
  let inInput = true;
  return {
    streams,
    get opened() {
      return opened;
    },
    addLine(line) {
      opened ||= line.startsWith('Input #0');
      inInput &&= !line.startsWith('Output #');
      if (!inInput) {
        return;
      }
      if (/^\s*Stream #0:/.test(line)) {
        current = parseStream(line);
        if (current) {
          streams.push(current);
        }
      }
      const rotation = rotationLine.exec(line);
      if (current && rotation) {
        current.rotation = clockwiseTurns(Number(rotation[1]));
      }
    },
  };
}

function parseStream(line: string): LoggedStream | undefined {
  const match = streamLine.exec(line);
  if (!match || match[2]!.includes('(attached pic)')) {
    return undefined;
  }
  const description = match[2]!;
  const words = [...description.matchAll(/\(([^)]*)\)/g)].flatMap((group) => group[1]!.split(/, ?/));
  return {
    index: Number(match[1]),
    isDefault: description.includes('(default)'),
    rotation: 0,
    fullRange: words.includes('pc'),
    colourMatrix: words.map((word) => word.split('/')[0]!).find((word) => matrixNames.includes(word)),
  };
}

/** ffmpeg tells the turn counter-clockwise, -180..180. */
function clockwiseTurns(counterClockwise: number): LoggedStream['rotation'] {
  const quarters = Math.round(-counterClockwise / 90);
  return ((((quarters % 4) + 4) % 4) * 90) as LoggedStream['rotation'];
}
