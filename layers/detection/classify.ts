import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { allOrNone } from './all-or-none.ts';
import { kernels, openScratch } from './kernels.ts';
import {
  type ClassifierCard,
  classifierCardSchema,
  type LoadedModel,
  loadModel,
  loadWeights,
  type View,
  viewsPerFrame,
} from './model-card.ts';
import { startSession } from './model-session.ts';
import { sigmoid } from './probability.ts';
import type { Picture } from './resize.ts';

/** What the classifier says of one face in one frame, before calibration. */
export interface CropScore {
  /** P(fake), 0..1, from the mean of the logits of the views. */
  probability: number;
  /** Row-major class activations, 0..1; only when asked for and when the classifier has them. */
  heatmap?: { width: number; height: number; values: number[] };
}

export interface Classifier {
  readonly card: ClassifierCard;
  /** Score faces, each given as its RGB crops, one for each of `views`, in that order. The first view draws the heatmap. */
  classify(
    faces: readonly (readonly Picture[])[],
    views: readonly View[],
    options?: { heatmap?: boolean | undefined },
  ): Promise<CropScore[]>;
  close(): Promise<void>;
}

/**
 * Load the classifier that a card describes.
 * @throws {DetectionError} `model_unavailable`
 */
export async function loadClassifier(cardPath: string): Promise<Classifier> {
  const model = await loadModel(cardPath, classifierCardSchema);
  const { card } = model;
  const { logit, heatmap } = card.output;
  const outputs = heatmap ? [logit, heatmap] : [logit];
  const names = { inputs: [card.input.name], outputs };
  const networks: LoadedModel<{ name: string }>[] = [model];
  if (card.second) {
    const weights = await loadWeights(cardPath, card.second);
    networks.push({ card: { name: `the second network of ${card.name}` }, weights });
  }
  const sessions = await allOrNone(
    networks.map((network) => startSession(network, names)),
    (session) => session.release(),
  );
  return {
    card,
    async classify(faces, views, options = {}) {
      if (faces.length === 0) {
        return [];
      }
      const wantHeatmap = options.heatmap === true && heatmap !== undefined;
      const shown: RawScore[][] = [];
      for (const [i, { mirrored, second }] of views.entries()) {
        const crops = faces.map((face) => face[i]!);
        const session = sessions[second ? 1 : 0]!;
        shown.push(await run(session, card, crops, { mirrored, wantHeatmap: wantHeatmap && i === 0 }));
      }
      return faces.map((_, face) => {
        const scores = shown.map((view) => view[face]!);
        const logit = scores.reduce((sum, score) => sum + score.logit, 0) / scores.length;
        return toCropScore({ ...scores[0], logit });
      });
    },
    async close() {
      await Promise.all(sessions.map((session) => session.release()));
    },
  };
}

/** The views that the faces of a frame are shown in: those whose turn it is. */
export function viewsOf(card: ClassifierCard, frame: number): readonly View[] {
  const perFrame = viewsPerFrame(card);
  const first = (frame * perFrame) % card.views.length;
  return card.views.slice(first, first + perFrame);
}

interface RawScore {
  logit: number;
  heatmap?: { width: number; height: number; logits: Float32Array };
}

function toCropScore({ logit, heatmap }: RawScore): CropScore {
  const probability = sigmoid(logit);
  return heatmap
    ? {
        probability,
        heatmap: {
          width: heatmap.width,
          height: heatmap.height,
          values: Array.from(heatmap.logits, sigmoid),
        },
      }
    : { probability };
}

async function run(
  session: InferenceSession,
  card: ClassifierCard,
  crops: readonly Picture[],
  options: { mirrored: boolean; wantHeatmap: boolean },
): Promise<RawScore[]> {
  const { logit, heatmap } = card.output;
  const feeds = { [card.input.name]: toTensor(crops, card, options.mirrored) };
  const output = await session.run(feeds, options.wantHeatmap ? [logit, heatmap!] : [logit]);
  const logits = output[logit]!.data as Float32Array;
  return crops.map((_, i) => ({
    logit: logits[i]!,
    ...(options.wantHeatmap && { heatmap: heatmapOf(output[heatmap!] as Tensor, i, options.mirrored) }),
  }));
}

/** That of a mirrored crop is mirrored back. */
function heatmapOf(tensor: Tensor, crop: number, mirrored: boolean): NonNullable<RawScore['heatmap']> {
  const [height, width] = tensor.dims.slice(-2) as [number, number];
  const cells = width * height;
  const logits = (tensor.data as Float32Array).subarray(crop * cells, (crop + 1) * cells);
  for (let row = 0; mirrored && row < cells; row += width) {
    logits.subarray(row, row + width).reverse();
  }
  return { width, height, logits };
}

/** Crops of one size as the card wants them: normalised per channel, NCHW or NHWC, RGB or BGR. */
export function toTensor(crops: readonly Picture[], card: ClassifierCard, mirrored: boolean): Tensor {
  const { layout, colour, mean, std } = card.input;
  const size = crops[0]!.width;
  const plane = size * size;
  const planar = layout === 'NCHW';
  const scratch = openScratch();
  const out = scratch.room(crops.length * plane * 3 * 4);
  for (const [i, crop] of crops.entries()) {
    const source = scratch.put(crop.data);
    for (let channel = 0; channel < 3; channel += 1) {
      const from = source + (colour === 'RGB' ? channel : 2 - channel);
      const to = out + (i * plane * 3 + (planar ? channel * plane : channel)) * 4;
      const values = [1 / std[channel]!, -mean[channel]! / std[channel]!, planar ? 4 : 12] as const;
      for (let row = 0; row < size; row += 1) {
        const first = row * size + (mirrored ? size - 1 : 0);
        kernels.normalise(from + first * 3, mirrored ? -3 : 3, size, ...values, to + row * size * values[2]);
      }
    }
  }
  const dims = planar ? [crops.length, 3, size, size] : [crops.length, size, size, 3];
  return new Tensor('float32', scratch.floats(out, crops.length * plane * 3), dims);
}
