import { join } from 'node:path';
import { z } from 'zod';
import type { Detector } from '../layers/detection/index.ts';
import { classifierCardSchema, loadModel } from '../layers/detection/model-card.ts';
import { BadUsage } from './common/bad-usage.ts';
import { bundledClassifier, createLocalDetector } from './common/local-detector.ts';
import { createProgress } from './common/progress.ts';
import { readOptions, wholeNumber } from './common/read-options.ts';
import { runCommand } from './common/run-command.ts';
import { examineClips } from './evaluate/examine-clips.ts';
import type { ExaminedClip } from './evaluate/examined-clip.ts';
import { printSummary } from './evaluate/print-summary.ts';
import { type LabelledClip, readLabels } from './evaluate/read-labels.ts';
import { openScoresFile } from './evaluate/scores-file.ts';
import { type OperatingPoints, summarise } from './evaluate/summarise.ts';
import { toJson } from './evaluate/to-json.ts';
import { usage } from './evaluate/usage.ts';

const command = {
  usage,
  options: {
    json: { type: 'boolean' },
    frames: { type: 'string' },
    scores: { type: 'string' },
    model: { type: 'string' },
    concurrency: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
  schema: z.object({
    json: z.boolean().default(false),
    frames: wholeNumber(1, 1000).default(32),
    scores: z.string().optional(),
    model: z.string().default(bundledClassifier),
    concurrency: wholeNumber(1, 64).default(2),
    help: z.boolean().default(false),
  }),
} as const;
type Options = z.infer<typeof command.schema>;

await runCommand(async (signal) => {
  const { options, words } = readOptions(process.argv.slice(2), command);
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const [labelsPath] = words;
  if (labelsPath === undefined || words.length > 1) throw new BadUsage(`Name one CSV file.\n\n${usage}`);

  const labelled = await readLabels(labelsPath);
  const operatingPoints = await readOperatingPoints(options.model);
  const detector = await createLocalDetector(process.env, {
    framesSampled: options.frames,
    classifierDir: options.model,
    threads: 1,
  });
  try {
    const clips = await scoreClips(labelled, detector, options, signal);
    print(clips, { labelsPath, operatingPoints, detector, options });
    return clips.some(({ error }) => error !== null) ? 1 : 0;
  } finally {
    await detector.close();
  }
});

/** Examine the clips whose score is not known from an earlier run, and keep what is found out at once. */
async function scoreClips(
  labelled: LabelledClip[],
  detector: Detector,
  { scores, frames, concurrency }: Options,
  signal: AbortSignal,
): Promise<ExaminedClip[]> {
  const scoresFile =
    scores === undefined ? undefined : openScoresFile(scores, { frames, model: detector.model });
  const known = labelled.map((clip) => scoresFile?.find(clip));
  const pending = labelled.filter((_, index) => !known[index]);
  const progress = createProgress(pending.length);

  const examined: ExaminedClip[] = [];
  try {
    for await (const clip of examineClips(pending, { detector, concurrency, signal })) {
      scoresFile?.append(clip);
      examined.push(clip);
      progress.step();
      if (clip.error) {
        progress.clear();
        process.stderr.write(`${clip.file}: ${clip.error}\n`);
      }
    }
  } finally {
    progress.clear();
  }
  return known.map((clip) => clip ?? (examined.shift() as ExaminedClip));
}

async function readOperatingPoints(classifierDir: string): Promise<OperatingPoints> {
  const { card } = await loadModel(join(classifierDir, 'model.json'), classifierCardSchema);
  const { balanced, strict, sensitive } = card.operating_points;
  const toThresholds = (point: typeof balanced) => ({
    fakeFrom: point.fake_from,
    realBelow: point.real_below,
  });
  return {
    balanced: toThresholds(balanced),
    strict: toThresholds(strict),
    sensitive: toThresholds(sensitive),
  };
}

interface Printed {
  labelsPath: string;
  operatingPoints: OperatingPoints;
  detector: Detector;
  options: Options;
}

function print(clips: ExaminedClip[], { labelsPath, operatingPoints, detector, options }: Printed): void {
  const { groups, total } = summarise(clips, operatingPoints);
  const { model } = detector;
  if (options.json) {
    const report = {
      labels: labelsPath,
      model,
      frames_sampled: options.frames,
      groups: groups.map(toJson),
      total: toJson(total),
    };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  } else {
    const title = `${model.name} ${model.version} (SHA-256 ${model.sha256.slice(0, 12)}), ${options.frames} frames a clip, ${clips.length} clips of ${labelsPath}`;
    process.stdout.write(`${title}\n\n${printSummary(groups, total, operatingPoints)}\n`);
  }
}
