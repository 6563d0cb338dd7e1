/**
 * How long the examination of a clip takes beside decoding all of it.
 *
 *     npm run bench -- [clip.mp4] [--rounds 5] [--threads 2] [--frames 32]
 *
 * Without a clip one is made: 10 seconds, 300 frames of 1920 x 1080 with a face. Both run the same ffmpeg with as many
 * threads, in turns; the fastest round of each counts.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { createDetector, type Detector, findFfmpeg } from '../layers/detection/index.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const ffmpegPath = findFfmpeg({ configured: process.env.FFMPEG_PATH });

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(Math.min(4, availableParallelism())) },
    frames: { type: 'string', default: '32' },
  },
});
const rounds = Number(values.rounds);
const threads = Number(values.threads);
const framesSampled = Number(values.frames);

const dir = await mkdtemp(join(tmpdir(), 'bench-'));
try {
  const clip = positionals[0] ? resolve(positionals[0]) : await makeClip(join(dir, 'clip.mp4'));
  const detector = await createDetector({
    modelsDir: join(root, 'models'),
    ffmpegPath,
    threads,
    framesSampled,
  });
  await printComparison(detector, clip);
  await detector.close();
} finally {
  await rm(dir, { recursive: true, force: true });
}

async function printComparison(detector: Detector, clip: string): Promise<void> {
  const decoding: number[] = [];
  const detecting: number[] = [];
  const stages: { decode: number; findFaces: number; classify: number; total: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    decoding.push(await milliseconds(() => decodeAlone(clip)));
    detecting.push(
      await milliseconds(async () => {
        stages.push((await detector.detect(clip)).timingMs);
      }),
    );
  }
  const { clip: info, analysis, verdict } = await detector.detect(clip);
  const fastest = stages.reduce((a, b) => (b.total < a.total ? b : a));
  const [decode, detect] = [Math.min(...decoding), Math.min(...detecting)];
  const size = `${info.width} x ${info.height}, ${info.frameCount} frames, ${info.durationS.toFixed(1)} s, ${info.codec}`;
  console.log(`clip          ${size}`);
  console.log(`examined      ${analysis.framesSampled} frames, ${analysis.facesScored} faces: ${verdict}`);
  console.log(`threads       ${threads}, rounds ${rounds}`);
  console.log(`decode alone  ${decode.toFixed(0)} ms`);
  console.log(`detect        ${detect.toFixed(0)} ms`);
  console.log(`ratio         ${(detect / decode).toFixed(2)}`);
  console.log(`of which      waiting for frames ${fastest.decode} ms`);
  console.log(`all threads   finding faces ${fastest.findFaces} ms, classifying ${fastest.classify} ms`);
}

async function decodeAlone(clip: string): Promise<void> {
  const input = ['-nostdin', '-v', 'error', '-threads', String(threads), '-i', clip];
  await run(ffmpegPath, [...input, '-map', '0:v:0', '-an', '-f', 'null', '-']);
}

async function milliseconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function makeClip(path: string): Promise<string> {
  const face = join(root, 'test', 'fixtures', 'astronaut.png');
  const motion = "scale=1920:1920,crop=1920:1080:0:'100+20*t',noise=alls=4:allf=t,format=yuv420p";
  const input = ['-loop', '1', '-framerate', '30', '-t', '10', '-i', face];
  await run(ffmpegPath, [
    ...['-nostdin', '-v', 'error', ...input, '-vf', motion],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '23', path],
  ]);
  return path;
}
