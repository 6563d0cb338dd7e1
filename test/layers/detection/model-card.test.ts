import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createDetector } from '../../../layers/detection/index.ts';
import { identityOf } from '../../../layers/detection/model-card.ts';
import { bundledCard } from '../../support/bundled-classifier.ts';
import { ffmpegPath, makeTempDir, modelsDir } from './support.ts';

const dir = await makeTempDir();

/** A copy of the models, and the card and the file of its classifier. */
async function copyModels(name: string) {
  const copy = join(dir, name);
  for (const model of ['face-detector', 'face-mesh', 'classifier']) {
    await mkdir(join(copy, model), { recursive: true });
    await cp(join(modelsDir, model), join(copy, model), { recursive: true });
  }
  const cardPath = join(copy, 'classifier', 'model.json');
  const card = JSON.parse(await readFile(cardPath, 'utf8'));
  const weights = join(copy, 'classifier', card.file);
  return { copy, cardPath, card, weights };
}

type Models = Awaited<ReturnType<typeof copyModels>>;

test.for<{ name: string; reason: RegExp; spoil: (models: Models) => Promise<void> }>([
  { name: 'missing file', reason: /is missing/, spoil: ({ weights }) => rm(weights) },
  { name: 'missing card', reason: /model\.json is missing/, spoil: ({ cardPath }) => rm(cardPath) },
  { name: 'empty file', reason: /truncated/, spoil: ({ weights }) => truncate(weights, 0) },
  {
    name: 'truncated file',
    reason: /truncated: it has 1000 bytes of 2000000/,
    spoil: async ({ weights, cardPath, card }) => {
      await truncate(weights, 1000);
      await writeFile(cardPath, JSON.stringify({ ...card, bytes: 2_000_000 }));
    },
  },
  { name: 'another file', reason: /SHA-256/, spoil: ({ weights }) => writeFile(weights, 'something else') },
  { name: 'no JSON', reason: /not JSON/, spoil: ({ cardPath }) => writeFile(cardPath, '{') },
  {
    name: 'a card without what is needed',
    reason: /calibration/,
    spoil: ({ cardPath, card }) => writeFile(cardPath, JSON.stringify({ ...card, calibration: undefined })),
  },
  {
    name: 'thresholds the wrong way round',
    reason: /real_below is above fake_from/,
    spoil: ({ cardPath, card }) => {
      const balanced = { ...card.operating_points.balanced, fake_from: 0.2, real_below: 0.6 };
      return writeFile(
        cardPath,
        JSON.stringify({ ...card, operating_points: { ...card.operating_points, balanced } }),
      );
    },
  },
  {
    name: 'a heatmap from a part',
    reason: /first view/,
    spoil: ({ cardPath, card }) => {
      const views = [{ size: 208 }, { size: 208, part: [0, 0, 1, 0.5] }];
      return writeFile(cardPath, JSON.stringify({ ...card, views, views_per_frame: 1 }));
    },
  },
  {
    name: 'an empty part',
    reason: /part is empty/,
    spoil: ({ cardPath, card }) => {
      const views = [{ size: 208 }, { size: 208, part: [0, 0.5, 1, 0.5] }];
      return writeFile(cardPath, JSON.stringify({ ...card, views, views_per_frame: 2 }));
    },
  },
  {
    name: 'views that do not come out even',
    reason: /views is no multiple of views_per_frame/,
    spoil: ({ cardPath, card }) =>
      writeFile(
        cardPath,
        JSON.stringify({ ...card, views: Array(3).fill({ size: 208 }), views_per_frame: 2 }),
      ),
  },
  {
    name: 'no file of the second network',
    reason: /other\.onnx is missing/,
    spoil: ({ cardPath, card }) =>
      writeFile(cardPath, JSON.stringify({ ...card, second: { ...card.second, file: 'other.onnx' } })),
  },
  {
    name: 'a view for a second network without one',
    reason: /second network, and the card has none/,
    spoil: ({ cardPath, card }) =>
      writeFile(
        cardPath,
        JSON.stringify({
          ...card,
          views: [{ size: 208, second: true }],
          views_per_frame: 1,
          second: undefined,
        }),
      ),
  },
  {
    name: 'an output the model does not have',
    reason: /no output "verdict"/,
    spoil: ({ cardPath, card }) =>
      writeFile(cardPath, JSON.stringify({ ...card, output: { logit: 'verdict' } })),
  },
  {
    name: 'a file outside the folder',
    reason: /file/,
    spoil: ({ cardPath, card }) =>
      writeFile(cardPath, JSON.stringify({ ...card, file: '../face-mesh/face-mesh.onnx' })),
  },
])('$name: model_unavailable with the reason', async ({ name, reason, spoil }) => {
  // Prepare
  const models = await copyModels(name);
  await spoil(models);

  // Act
  const creation = createDetector({ modelsDir: models.copy, ffmpegPath });

  // Assess
  await expect(creation).rejects.toMatchObject({
    name: 'DetectionError',
    code: 'model_unavailable',
    message: expect.stringMatching(reason),
  });
});

test('a file that is no model: model_unavailable', async () => {
  // Prepare
  const { copy, weights, cardPath, card } = await copyModels('no-model');
  await writeFile(weights, 'no model');
  const sha256 = createHash('sha256').update('no model').digest('hex');
  await writeFile(cardPath, JSON.stringify({ ...card, sha256, bytes: undefined }));

  // Act
  const creation = createDetector({ modelsDir: copy, ffmpegPath });

  // Assess
  await expect(creation).rejects.toMatchObject({
    code: 'model_unavailable',
    message: expect.stringMatching(/no model that can be run/),
  });
});

test('a classifier of two files is known by both', () => {
  // Prepare
  const { second: _, ...alone } = bundledCard;
  const [sha256, other] = ['a'.repeat(64), 'b'.repeat(64)];
  const second = { file: 'second.onnx', sha256: other };

  // Act and assess
  const ofBoth = createHash('sha256').update(`${sha256}${other}`).digest('hex');
  expect(identityOf({ ...alone, sha256 }).sha256).toBe(sha256);
  expect(identityOf({ ...alone, sha256, second }).sha256).toBe(ofBoth);
});
