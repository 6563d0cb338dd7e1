import { createHash } from 'node:crypto';
import { cp, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Limits } from '../../../layers/detection/limits.ts';
import { probeClip } from '../../../layers/detection/probe.ts';
import { decoding, faceInput, facePath, ffmpeg, makeTempDir } from './support.ts';

const dir = await makeTempDir();
const encode = ['-vf', 'scale=320:240', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];

let clip: string;
beforeAll(async () => {
  clip = join(dir, 'clip.mp4');
  await ffmpeg(...faceInput(), ...encode, '-movflags', 'faststart', clip);
});

/** The clip with changed limits. */
function probe(path: string, limits: Partial<Limits> = {}) {
  return probeClip(path, { ...decoding, limits: { ...decoding.limits, ...limits } });
}

test('what a clip is, before it is decoded', async () => {
  // Act
  const { info, times } = await probe(clip);

  // Assess
  const bytes = await readFile(clip);
  expect(info).toEqual({
    container: 'mp4',
    codec: 'h264',
    width: 320,
    height: 240,
    fps: 25,
    durationS: 2,
    frameCount: 50,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  expect([times[0], times[49]]).toEqual([0, 1.96]);
});

describe('limits', () => {
  test.for<{ code: string; limits: Partial<Limits> }>([
    { code: 'file_too_large', limits: { maxBytes: 1000 } },
    { code: 'clip_too_long', limits: { maxDurationS: 1.9 } },
    { code: 'clip_too_long', limits: { maxDurationS: 0.1 } },
    { code: 'clip_too_short', limits: { minDurationS: 2.1 } },
    { code: 'resolution_too_large', limits: { maxPixels: 320 * 240 - 1 } },
    { code: 'unsupported_media', limits: { maxFps: 24 } },
  ])('$code under $limits', async ({ code, limits }) => {
    await expect(probe(clip, limits)).rejects.toMatchObject({ name: 'DetectionError', code });
  });

  test('a clip right at the limits is accepted', async () => {
    const { size } = await stat(clip);
    const limits = { maxBytes: size, maxDurationS: 2, minDurationS: 2, maxPixels: 320 * 240, maxFps: 25 };

    await expect(probe(clip, limits)).resolves.toMatchObject({ info: { frameCount: 50 } });
  });

  test('a clip a little over the limits of length and rate is accepted, as "a minute" often lasts 60.04 s', async () => {
    await expect(probe(clip, { maxDurationS: 1.985, maxFps: 24.8 })).resolves.toMatchObject({
      info: { frameCount: 50 },
    });
  });

  test('a picture larger than 4K', async () => {
    // Prepare
    const path = join(dir, 'huge.mp4');
    const huge = ['-f', 'lavfi', '-t', 0.4, '-i', 'color=gray:size=4096x2176:rate=10'];
    await ffmpeg(...huge, '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', path);

    // Act and assess
    await expect(probe(path)).rejects.toMatchObject({ code: 'resolution_too_large' });
  });

  test('a single picture is no clip', async () => {
    // Prepare
    const path = join(dir, 'single.mp4');
    await ffmpeg('-i', facePath, ...encode, '-frames:v', 1, path);

    // Act and assess
    await expect(probe(path)).rejects.toMatchObject({ code: 'clip_too_short' });
  });
});

describe('files that are no accepted video', () => {
  test.for([
    { name: 'empty', content: Buffer.alloc(0) },
    { name: 'text named .mp4', content: Buffer.from('This is no video.\n'.repeat(100)) },
    {
      name: 'an HLS playlist',
      content: Buffer.from('#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n'),
    },
    { name: 'a concat script', content: Buffer.from("ffconcat version 1.0\nfile '/etc/passwd'\n") },
    {
      name: 'an SDP description',
      content: Buffer.from('v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n'),
    },
    {
      name: 'a DASH manifest',
      content: Buffer.from('<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>'),
    },
    { name: 'zeros', content: Buffer.alloc(5000) },
  ])('$name', async ({ name, content }) => {
    const path = join(dir, `${name}.mp4`);
    await writeFile(path, content);

    await expect(probe(path)).rejects.toMatchObject({ code: 'unsupported_media' });
  });

  test('a picture', async () => {
    await expect(probe(facePath)).rejects.toMatchObject({ code: 'unsupported_media' });
  });

  test('sound alone, with cover art', async () => {
    // Prepare
    const path = join(dir, 'song.mp4');
    const inputs = ['-f', 'lavfi', '-t', 1, '-i', 'sine', '-i', facePath];
    await ffmpeg(...inputs, '-map', 0, '-map', 1, '-c:v', 'mjpeg', '-disposition:v:0', 'attached_pic', path);

    // Act and assess
    await expect(probe(path)).rejects.toMatchObject({ code: 'unsupported_media' });
  });

  test('a codec that is not on the list', async () => {
    // Prepare
    const path = join(dir, 'ffv1.mkv');
    await ffmpeg(...faceInput(1), '-vf', 'scale=320:240', '-c:v', 'ffv1', path);

    // Act and assess
    await expect(probe(path)).rejects.toMatchObject({
      code: 'unsupported_media',
      message: expect.stringContaining('ffv1'),
    });
  });
});

describe('broken files', () => {
  test.for(['end.mp4', 'front.mp4', 'fragmented.mp4', 'clip.mkv', 'clip.avi'])(
    '%s cut off after two thirds',
    async (file) => {
      // Prepare
      const path = join(dir, `cut-${file}`);
      const flags = {
        'front.mp4': ['faststart'],
        'fragmented.mp4': ['frag_keyframe+empty_moov+default_base_moof'],
      };
      const movflags = (flags as Record<string, string[]>)[file] ?? [];
      await ffmpeg(
        ...faceInput(),
        ...encode,
        '-g',
        10,
        ...movflags.flatMap((flag) => ['-movflags', flag]),
        path,
      );
      const { length } = await readFile(path);
      await truncate(path, Math.floor((length * 2) / 3));

      // Act and assess
      await expect(probe(path)).rejects.toMatchObject({ code: 'undecodable_video' });
    },
  );

  test('the head of an MP4 and then noise', async () => {
    // Prepare
    const path = join(dir, 'noise.mp4');
    const noise = Buffer.from(Array.from({ length: 20_000 }, (_, i) => (i * 7919 + (i >> 3)) & 255));
    await writeFile(path, Buffer.concat([(await readFile(clip)).subarray(0, 32), noise]));

    // Act and assess
    await expect(probe(path)).rejects.toMatchObject({ code: 'undecodable_video' });
  });

  test('a header without a frame', async () => {
    // Prepare
    const path = join(dir, 'frameless.mp4');
    await ffmpeg(...faceInput(1), ...encode, '-movflags', 'empty_moov+frag_keyframe', '-frames:v', 0, path);

    // Act and assess
    await expect(probe(path)).rejects.toMatchObject({ code: 'undecodable_video' });
  });
});

test('a file that refers to another file does not get to it', async () => {
  // Prepare: a playlist behind the first bytes of an MP4
  const path = join(dir, 'reference.mp4');
  const head = Buffer.from([0, 0, 0, 24, ...Buffer.from('ftypisom')]);
  const playlist = Buffer.from(
    `\n#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile://${clip}\n#EXT-X-ENDLIST\n`,
  );
  await writeFile(path, Buffer.concat([head, playlist]));

  // Act and assess
  await expect(probe(path)).rejects.toMatchObject({ code: 'undecodable_video' });
});

test('a name that looks like a protocol is a file', async () => {
  const path = join(dir, 'concat:clip.mp4');
  await cp(clip, path);

  await expect(probe(path)).resolves.toMatchObject({ info: { frameCount: 50 } });
});

test('an abort is thrown', async () => {
  const signal = AbortSignal.abort(new Error('enough'));

  await expect(probeClip(clip, { ...decoding, signal })).rejects.toThrow('enough');
});

test('an ffmpeg that is not there is no fault of the clip', async () => {
  const probing = probeClip(clip, { ...decoding, ffmpegPath: '/nowhere/ffmpeg' });

  await expect(probing).rejects.toThrow('ffmpeg could not be started: /nowhere/ffmpeg');
  await expect(probing).rejects.not.toHaveProperty('code');
});
