import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectionSchema, problemSchema } from '../../../layers/api/schemas.ts';
import { makeFaceClip, makeTestPictureClip } from '../../support/make-clips.ts';
import { jsonLines, runBin, startBin } from '../../support/run-bin.ts';

let dir: string;
let face: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'detect-'));
  face = await makeFaceClip(dir, 'face.mp4');
  await mkdir(join(dir, 'clips', 'deep'), { recursive: true });
  await copyFile(face, join(dir, 'clips', 'one.mp4'));
  await makeTestPictureClip(join(dir, 'clips', 'deep'), 'picture.mov');
  await writeFile(join(dir, 'clips', 'notes.txt'), 'no clip');
  await writeFile(join(dir, 'clips', 'code.ts'), 'export const answer = 42;\n');
});

afterAll(() => rm(dir, { recursive: true }));

describe('detect on this machine', () => {
  it('prints a line for people about each clip, and the totals', async () => {
    const { status, stdout, stderr } = await runBin('detect.ts', [
      face,
      join(dir, 'clips', 'deep', 'picture.mov'),
    ]);

    expect(stderr).toBe('');
    expect(status).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/face\.mp4: (fake|real|undetermined), score 0\.\d\d \(fake from [\d.]+\)/);
    expect(stdout).toMatch(
      /picture\.mov: undetermined: (no face was found|the faces are too small to be examined)\n/,
    );
    // What the portrait is called depends on the classifier.
    expect(stdout).toMatch(/\n2 clips: .*[12] undetermined\n$/);
  });

  it("prints the API's answer and the file with --json", async () => {
    const result = await runBin('detect.ts', [
      face,
      '--json',
      '--include',
      'frames',
      '--operating-point',
      'strict',
    ]);

    expect(result.status).toBe(0);
    const [line, ...rest] = jsonLines(result);
    expect(rest).toEqual([]);
    const { file, ...response } = line!;
    expect(file).toBe(face);
    const detection = detectionSchema.strict().parse(response);
    expect(detection.threshold.operating_point).toBe('strict');
    expect(detection.frames).toHaveLength(detection.analysis.frames_sampled);
    expect(detection.analysis.faces_scored).toBeGreaterThan(0);
  });

  it('searches folders and patterns for clips, each once', async () => {
    const result = await runBin('detect.ts', ['clips', 'clips/**/*.mov', '--json', '--frames', '4'], {
      cwd: dir,
    });

    expect(result.status).toBe(0);
    const files = jsonLines(result).map(({ file }) => file);
    expect(files).toEqual([join('clips', 'deep', 'picture.mov'), join('clips', 'one.mp4')]);
  });

  it('takes a transport stream of a folder for a clip', async () => {
    const streams = join(dir, 'streams');
    await mkdir(streams);
    await makeTestPictureClip(streams, 'stream.ts');
    await copyFile(join(dir, 'clips', 'code.ts'), join(streams, 'code.ts'));

    const result = await runBin('detect.ts', [streams, '--json']);

    expect(jsonLines(result).map(({ file }) => file)).toEqual([join(streams, 'stream.ts')]);
  });

  it('tells which clips could not be examined, examines the others and exits with 1', async () => {
    const text = join(dir, 'text.mp4');
    await writeFile(text, 'this is no video');
    const missing = join(dir, 'missing.mp4');

    const people = await runBin('detect.ts', [text, missing, face]);
    const json = await runBin('detect.ts', [text, missing, face, '--json']);

    expect(people.status).toBe(1);
    expect(people.stdout).toMatch(/text\.mp4: not examined: .+ \(unsupported_media\)/);
    expect(people.stdout).toContain('missing.mp4: not examined: There is no such file. (not_found)');
    expect(people.stdout).toContain('2 not examined');
    expect(json.status).toBe(1);
    const [first, second, third] = jsonLines(json);
    expect(first).toEqual({ file: text, error: expect.objectContaining({ code: 'unsupported_media' }) });
    expect(problemSchema.strict().parse(second?.error)).toMatchObject({ code: 'not_found', status: 404 });
    expect(third).toHaveProperty('verdict');
  });

  it('exits with 2 for bad usage', async () => {
    const { status, stdout, stderr } = await runBin('detect.ts', ['nothing-here/*.mp4']);

    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe('There are no video clips in nothing-here/*.mp4.\n');
  });

  it('prints its usage', async () => {
    const { status, stdout } = await runBin('detect.ts', ['--help']);

    expect(status).toBe(0);
    expect(stdout).toMatch(/^Usage: npm run detect -- /);
  });

  it.skipIf(process.platform !== 'linux')('goes no further when nobody reads on', async () => {
    const long = await makeFaceClip(dir, 'unread.mp4', { durationS: 50, fps: 20 });
    const clips = [face, long, join(dir, 'missing.mp4')];
    const command = [process.execPath, 'bin/detect.ts', ...clips, '--frames', '1000'];

    // Fails where the command does, as it would if it went on to the missing clip. Nobody reads from the start: a
    // reader that left after the first line might still take the second, and the command would go on for long.
    const pipe = promisify(execFile)('bash', ['-o', 'pipefail', '-c', '"$@" | true', 'bash', ...command]);
    const { stdout, stderr } = await pipe;

    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
    expect(await decodersOf(long)).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('ends soon after Ctrl-C and leaves no ffmpeg behind', async () => {
    const long = await makeFaceClip(dir, 'long.mp4', { durationS: 50, fps: 20 });
    const running = startBin('detect.ts', [long, '--frames', '1000']);
    while ((await decodersOf(long)).length === 0) await setTimeout(50);

    running.process.kill('SIGINT');
    const { status, stdout, stderr } = await running.result;

    expect({ status, stdout, stderr }).toEqual({ status: 130, stdout: '', stderr: '' });
    expect(await decodersOf(long)).toEqual([]);
  });
});

/** The process ids of the decoders that have this clip open. */
async function decodersOf(path: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')),
  );
  return ids.filter((_, index) => commands[index]?.includes(`file:${path}`));
}
