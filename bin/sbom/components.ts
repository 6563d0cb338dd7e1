import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { hashFile } from '../../layers/detection/file-hash.ts';

/** A component of a CycloneDX document that npm does not know of. */
export interface Component {
  type: 'application' | 'library' | 'machine-learning-model';
  name: string;
  version: string;
  hashes: { alg: 'SHA-256'; content: string }[];
  externalReferences?: { type: 'source-distribution'; url: string }[];
}

const root = new URL('../../', import.meta.url);
const cardSchema = z.object({
  name: z.string(),
  version: z.string(),
  file: z.string(),
  second: z.object({ file: z.string() }).optional(),
});

/** The sources that the Dockerfile compiles, with the checksums it holds them to. */
export async function compiledComponents(): Promise<Component[]> {
  const dockerfile = await readFile(new URL('functions/detect-deepfake/Dockerfile', root), 'utf8');
  const argument = (name: string) => new RegExp(`^ARG ${name}=(\\S+)$`, 'm').exec(dockerfile)![1]!;
  return (['ffmpeg', 'dav1d'] as const).map((name) => {
    const url = argument(`${name.toUpperCase()}_URL`);
    return {
      type: name === 'ffmpeg' ? 'application' : 'library',
      name,
      version: new RegExp(`${name}-([\\d.]+)\\.tar`).exec(url)![1]!,
      hashes: [{ alg: 'SHA-256', content: argument(`${name.toUpperCase()}_SHA256`) }],
      externalReferences: [{ type: 'source-distribution', url }],
    };
  });
}

/** The models, as the files in models/ are. */
export async function modelComponents(): Promise<Component[]> {
  const folders = ['classifier', 'face-detector', 'face-mesh'];
  const components = folders.map(async (folder) => {
    const dir = new URL(`models/${folder}/`, root);
    const card = cardSchema.parse(JSON.parse(await readFile(new URL('model.json', dir), 'utf8')));
    const model = await modelComponent(card.name, card.version, new URL(card.file, dir));
    return card.second
      ? [model, await modelComponent(`${card.name}-second`, card.version, new URL(card.second.file, dir))]
      : [model];
  });
  return (await Promise.all(components)).flat();
}

async function modelComponent(name: string, version: string, file: URL): Promise<Component> {
  const content = await hashFile(fileURLToPath(file));
  return { type: 'machine-learning-model', name, version, hashes: [{ alg: 'SHA-256', content }] };
}
