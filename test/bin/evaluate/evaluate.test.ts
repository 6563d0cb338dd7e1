import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityOf } from '../../../layers/detection/model-card.ts';
import { bundledCard } from '../../support/bundled-classifier.ts';
import { makeFaceClip, makeTestPictureClip } from '../../support/make-clips.ts';
import { runBin } from '../../support/run-bin.ts';

const classifier = fileURLToPath(new URL('../../../models/classifier', import.meta.url));
const few = ['--frames', '4'];

let dir: string;
let labels: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'evaluate-'));
  await mkdir(join(dir, 'clips'));
  await makeFaceClip(join(dir, 'clips'), 'a face, upright.mp4');
  await makeFaceClip(join(dir, 'clips'), 'small.mp4', { size: '224x224' });
  const picture = await makeTestPictureClip(dir, 'picture.mp4');
  labels = join(dir, 'labels.csv');
  // A byte order mark, CRLF, a quoted comma, another column, a relative and an absolute path, both kinds of label.
  const rows = [
    'label,file,group,remark',
    '0,"clips/a face, upright.mp4",people,',
    'fake,clips/small.mp4,made,"said ""fake"""',
    `Real,${picture},people,no face in it`,
  ];
  await writeFile(labels, `\ufeff${rows.join('\r\n')}\r\n`);
});

afterAll(() => rm(dir, { recursive: true }));

describe('evaluate', () => {
  it('prints the figures as tables', async () => {
    const { status, stdout, stderr } = await runBin('evaluate.ts', [labels, ...few]);

    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\S+ [\d.]+ \(SHA-256 [0-9a-f]{12}\), 4 frames a clip, 3 clips of /);
    expect(stdout).toMatch(/^\| people +\| +0 \| +2 \| +0 \| +1 \| +- \|/m);
    expect(stdout).toMatch(/^\| made \* +\| +1 \| +0 \| +0 \| +0 \| [01]\.000 \[/m);
    expect(stdout).toMatch(/^\| all +\| +1 \| +2 \| +0 \| +1 \|/m);
  });

  it('prints JSON, keeps the scores and does not examine a clip twice', async () => {
    const scores = join(dir, 'scores.csv');
    const args = [labels, '--json', '--scores', scores, ...few];

    const first = await runBin('evaluate.ts', args);
    const kept = await readFile(scores, 'utf8');
    await rm(join(dir, 'clips', 'small.mp4'));
    const second = await runBin('evaluate.ts', args);

    expect(first).toMatchObject({ status: 0, stderr: '' });
    const report = JSON.parse(first.stdout);
    expect(report).toMatchObject({ labels, frames_sampled: 4, model: identityOf(bundledCard) });
    expect(report.total).toMatchObject({ clips: { fake: 1, real: 2, failed: 0, no_face: 1 }, group: null });
    expect(report.groups).toHaveLength(2);
    expect(kept.split('\n')).toHaveLength(5);
    expect(kept).toContain('"clips/a face, upright.mp4",0,people,0.');
    expect(second.stdout).toBe(first.stdout);
    expect(await readFile(scores, 'utf8')).toBe(kept);
    await makeFaceClip(join(dir, 'clips'), 'small.mp4', { size: '224x224' });
  });

  it.each([
    ['number of frames', { frames: 5 }],
    ['version of the model', { version: '0.0.0' }],
    ['model', { sha256: '00' }],
  ])('refuses scores of another %s', async (_, other) => {
    const scores = join(dir, 'other-scores.csv');
    const { frames, version, sha256 } = { frames: 4, ...identityOf(bundledCard), ...other };
    await writeFile(
      scores,
      'file,label,group,score,reasons,error,frames,model_version,model_sha256\n' +
        `clips/small.mp4,1,made,0.5,,,${frames},${version},${sha256}\n`,
    );

    const { status, stderr } = await runBin('evaluate.ts', [labels, '--scores', scores, ...few]);

    expect(status).toBe(2);
    expect(stderr).toContain('holds scores of another model or number of frames');
  });

  it('examines with another classifier', async () => {
    const other = join(dir, 'other');
    await cp(classifier, other, { recursive: true });
    const card = JSON.parse(await readFile(join(classifier, 'model.json'), 'utf8'));
    card.name = 'another';
    card.operating_points.balanced = { fake_from: 0.9, real_below: 0.1, expected_false_positive_rate: null };
    await writeFile(join(other, 'model.json'), JSON.stringify(card));

    const { status, stdout } = await runBin('evaluate.ts', [labels, '--model', other, ...few]);

    expect(status).toBe(0);
    expect(stdout).toMatch(/^another /);
    expect(stdout).toContain('Operating point balanced: fake from 0.900, real below 0.100');
  });

  it('says why a model is of no use', async () => {
    const { status, stderr } = await runBin('evaluate.ts', [labels, '--model', dir]);

    expect(status).toBe(1);
    expect(stderr).toBe(`A model could not be loaded: ${join(dir, 'model.json')} is missing.\n`);
  });

  it('names clips that fail, leaves them out and exits with 1', async () => {
    const broken = join(dir, 'broken.csv');
    await writeFile(broken, 'file,label\nlabels.csv,1\nclips/small.mp4,0\n');

    const { status, stdout, stderr } = await runBin('evaluate.ts', [broken, ...few]);

    expect(status).toBe(1);
    expect(stderr).toMatch(/^labels\.csv: unsupported_media: /);
    expect(stdout).toMatch(/^\| all +\| +1 \| +1 \| +1 \| +0 \| +- \|/m);
    expect(stdout).toContain('Clips that failed (1) count nowhere');
  });

  it('exits with 2 for bad usage', async () => {
    const { status, stdout, stderr } = await runBin('evaluate.ts', [labels, '--concurrency', '0']);

    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^--concurrency must be a whole number from 1 to 64\n\nUsage: npm run evaluate/);
  });
});
