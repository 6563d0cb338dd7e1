import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLabels } from '../../../bin/evaluate/read-labels.ts';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'read-labels-'));
});

afterAll(() => rm(dir, { recursive: true }));

async function read(text: string) {
  const path = join(dir, 'labels.csv');
  await writeFile(path, text);
  return readLabels(path);
}

describe('readLabels', () => {
  it('reads what spreadsheets write: a byte order mark, CRLF, quotes, columns in another order', async () => {
    const clips = await read('\ufefflabel,group,file\r\n1,"a, b","clips/""x"".mp4"\r\nREAL,,/far/y.mp4\r\n');

    expect(clips).toEqual([
      { file: 'clips/"x".mp4', path: join(dir, 'clips', '"x".mp4'), fake: true, group: 'a, b' },
      { file: '/far/y.mp4', path: '/far/y.mp4', fake: false, group: '' },
    ]);
  });

  it.each([
    ['without rows', 'file,label\n', 'names no clips'],
    ['without labels', 'file,group\na.mp4,x\n', 'line 2: there is no column "label"'],
    [
      'with a label that is none',
      'file,label\na.mp4,1\nb.mp4,maybe\n',
      'line 3: label must be 0 or real, 1 or fake',
    ],
    ['with an empty name', 'file,label\n,1\n', 'line 2: file is empty'],
    ['with rows of two lengths', 'file,label\na.mp4\n', 'is not a CSV file'],
  ])('refuses a file %s', async (_case, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it('refuses a file that is not there', async () => {
    await expect(readLabels('/nowhere/labels.csv')).rejects.toThrow('/nowhere/labels.csv cannot be read');
  });
});
