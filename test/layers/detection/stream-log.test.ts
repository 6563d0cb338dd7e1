import { expect, test } from 'vitest';
import { createStreamLog } from '../../../layers/detection/stream-log.ts';

test('streams, their turn and their colours are read from the log', () => {
  // Prepare: as ffmpeg 5.1 and 7.0 write it
  const log = createStreamLog();
  const lines = [
    "Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:clip.mov':",
    '  Stream #0:0[0x1](und): Video: hevc (Main 10) (hvc1 / 0x31637668), yuv420p10le(tv, bt2020nc/bt2020/arib-std-b67), 1920x1080, 8 kb/s, 30 fps (default)',
    '    Side data:',
    '      displaymatrix: rotation of -90.00 degrees',
    '  Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, mono, fltp, 2 kb/s (default)',
    '      displaymatrix: rotation of 180.00 degrees',
    '  Stream #0:2: Video: h264 (High), yuv420p(tv, bt709, top first), 640x480, 25 fps',
    '  Stream #0:3: Video: vp8, yuv420p(pc, unknown/bt709/bt709), 640x480, 25 fps',
    '  Stream #0:4: Video: mjpeg (Baseline), yuvj420p(pc, bt470bg), 512x512, 90k tbr (attached pic)',
    'Output #0, framecrc, to pipe:',
    '  Stream #0:0: Video: hevc, yuv420p, 1x1',
  ];

  // Act
  for (const line of lines) {
    log.addLine(line);
  }

  // Assess
  expect(log.opened).toBe(true);
  expect(log.streams).toEqual([
    { index: 0, isDefault: true, rotation: 90, colourMatrix: 'bt2020nc', fullRange: false },
    { index: 2, isDefault: false, rotation: 0, colourMatrix: 'bt709', fullRange: false },
    { index: 3, isDefault: false, rotation: 0, colourMatrix: undefined, fullRange: true },
  ]);
});
