import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { makeTempDir } from './support.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const dir = await makeTempDir();

test('kernels.wasm is what kernels.ts compiles to', async () => {
  // Prepare
  const source = 'layers/detection/assembly/kernels';
  const outFile = join(dir, 'kernels.wasm');

  // Act
  const args = [`${source}.ts`, '--config', 'layers/detection/assembly/asconfig.json', '--outFile', outFile];
  await promisify(execFile)(join(root, 'node_modules', '.bin', 'asc'), args, { cwd: root });

  // Assess
  const compiled = await readFile(outFile);
  expect(compiled.equals(await readFile(join(root, `${source}.wasm`)))).toBe(true);
});
