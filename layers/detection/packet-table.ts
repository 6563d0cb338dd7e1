/** The packets of one video stream, as ffmpeg's framecrc format lists them without decoding. */
export interface PacketStream {
  codec: string;
  width: number;
  height: number;
  /** Seconds per tick. */
  timeBaseS: number;
  /** Presentation time of each packet in ticks, in file order; NaN where the container holds none. */
  pts: number[];
  /** Decoding time of each packet in ticks. */
  dts: number[];
  /** Length of each packet in ticks, 0 where unknown. */
  durations: number[];
}

/** Reads framecrc output line by line; see https://ffmpeg.org/ffmpeg-formats.html#framecrc. */
export function createPacketTable(): { addLine(line: string): void; streams: PacketStream[] } {
  const streams: PacketStream[] = [];
  const stream = (index: number): PacketStream => {
    streams[index] ??= { codec: '', width: 0, height: 0, timeBaseS: 0, pts: [], dts: [], durations: [] };
    return streams[index];
  };
  return {
    streams,
    addLine(line) {
      const header = /^#(\w+) (\d+): +(\S+)/.exec(line);
      if (header) {
        setProperty(stream(Number(header[2])), header[1]!, header[3]!);
      } else if (!line.startsWith('#')) {
        addPacket(
          line.split(',').map((field) => field.trim()),
          stream,
        );
      }
    },
  };
}

function setProperty(stream: PacketStream, name: string, value: string): void {
  if (name === 'tb') {
    const [numerator, denominator] = value.split('/').map(Number);
    stream.timeBaseS = numerator! / denominator!;
  } else if (name === 'codec_id') {
    stream.codec = value;
  } else if (name === 'dimensions') {
    const [width, height] = value.split('x').map(Number);
    stream.width = width!;
    stream.height = height!;
  }
}

function addPacket(fields: string[], stream: (index: number) => PacketStream): void {
  if (fields.length < 6) {
    return;
  }
  const [index, dts, pts, duration] = fields.map(Number) as [number, number, number, number];
  const { pts: allPts, dts: allDts, durations } = stream(index);
  allPts.push(pts);
  allDts.push(dts);
  durations.push(duration);
}
