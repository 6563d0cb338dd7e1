/** What a clip may be at most; everything outside is refused before it is decoded. */
export interface Limits {
  maxBytes: number;
  minDurationS: number;
  maxDurationS: number;
  /** Width times height of the coded picture. */
  maxPixels: number;
  maxFps: number;
  /** Wall-clock seconds one ffmpeg process may take. */
  maxDecodeS: number;
  /** Address space of one ffmpeg process in bytes, where the system can bound it. */
  maxDecoderBytes: number;
}

export const defaultLimits: Limits = {
  maxBytes: 500 * 1024 ** 2,
  minDurationS: 0.2,
  maxDurationS: 60,
  maxPixels: 3840 * 2160,
  maxFps: 120,
  maxDecodeS: 120,
  maxDecoderBytes: 4 * 1024 ** 3,
};
