/** A picture as video holds it: YUV 4:2:0, 8 bits, limited range. */
export interface YuvPicture {
  width: number;
  height: number;
  /** The plane of Y, then those of U and V, whose sides are half as long, rounded up. */
  data: Uint8Array;
  matrix: ColourMatrix;
}

/** How much red and blue count in Y (ITU-T H.273, table 4). */
export interface ColourMatrix {
  red: number;
  blue: number;
}

export const bt601: ColourMatrix = { red: 0.299, blue: 0.114 };
const bt2020: ColourMatrix = { red: 0.2627, blue: 0.0593 };

/** By ffmpeg's names. */
export const colourMatrices: Readonly<Record<string, ColourMatrix>> = {
  bt709: { red: 0.2126, blue: 0.0722 },
  fcc: { red: 0.3, blue: 0.11 },
  bt470bg: bt601,
  smpte170m: bt601,
  smpte240m: { red: 0.212, blue: 0.087 },
  bt2020nc: bt2020,
  bt2020c: bt2020,
};

/** Bytes of a picture of this size. */
export function yuvBytes(width: number, height: number): number {
  return width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2);
}
