import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { compiledComponents, modelComponents } from './sbom/components.ts';

// `npm run sbom` prints what the image is made of, besides its base, as a CycloneDX document: the packages npm knows,
// and what it does not know (ffmpeg, dav1d, the models).

const { stdout } = await promisify(execFile)(
  'npm',
  ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--omit', 'optional', '--package-lock-only'],
  { maxBuffer: 64 * 1024 * 1024 },
);
const document = JSON.parse(stdout);
document.components.push(...(await compiledComponents()), ...(await modelComponents()));
process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
