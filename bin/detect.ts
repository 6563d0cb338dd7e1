import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { pMapIterable } from 'p-map';
import { ApiError, type Problem } from '../layers/api/errors.ts';
import type { DetectionResponse } from '../layers/api/schemas.ts';
import { bundledClassifier, createLocalDetector } from './common/local-detector.ts';
import { createProgress } from './common/progress.ts';
import { runCommand } from './common/run-command.ts';
import { createApiExaminer } from './detect/api-examiner.ts';
import { describeFailure, describeTotals, describeVerdict } from './detect/describe.ts';
import type { Examiner } from './detect/examiner.ts';
import { findClips } from './detect/find-clips.ts';
import { createLambdaExaminer } from './detect/lambda-examiner.ts';
import { createLocalExaminer } from './detect/local-examiner.ts';
import { type Options, readDetectOptions } from './detect/options.ts';
import { toFailure } from './detect/to-failure.ts';
import { usage } from './detect/usage.ts';

type Outcome = { file: string } & ({ response: DetectionResponse } | { problem: Problem });

await runCommand(async (signal) => {
  const { options, words } = readDetectOptions(process.argv.slice(2), process.env);
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const clips = await findClips(words);
  const examiner = await createExaminer(options, clips.length);
  try {
    return await examineAll(clips, examiner, options, signal);
  } finally {
    await examiner.close();
  }
});

async function createExaminer(options: Options, clips: number): Promise<Examiner> {
  const question = { operatingPoint: options['operating-point'], include: options.include };
  if (options.api !== undefined) {
    return createApiExaminer({ url: options.api, apiKey: options['api-key'] }, question);
  }
  if (options.function !== undefined) {
    return createLambdaExaminer({ client: new LambdaClient(), functionName: options.function }, question);
  }
  const detector = await createLocalDetector(process.env, {
    framesSampled: options.frames ?? 32,
    threads: Math.max(
      1,
      Math.floor(Math.min(4, availableParallelism()) / Math.min(options.concurrency, clips)),
    ),
    classifierDir: bundledClassifier,
  });
  return createLocalExaminer(detector, question);
}

/** Examine the clips and print each answer as soon as those before it are printed; the exit status. */
async function examineAll(
  clips: string[],
  examiner: Examiner,
  { json, concurrency }: Options,
  signal: AbortSignal,
): Promise<number> {
  const progress = createProgress(clips.length);
  const counts = { fake: 0, real: 0, undetermined: 0, 'not examined': 0 };
  const outcomes = pMapIterable(clips, (file) => examine(file, examiner, signal), { concurrency });
  try {
    for await (const outcome of outcomes) {
      counts['response' in outcome ? outcome.response.verdict : 'not examined'] += 1;
      progress.clear();
      process.stdout.write(`${json ? toJsonLine(outcome) : toText(outcome)}\n`);
      progress.step();
    }
  } finally {
    progress.clear();
  }
  if (!json && clips.length > 1) process.stdout.write(`${describeTotals(counts)}\n`);
  return counts['not examined'] > 0 ? 1 : 0;
}

async function examine(file: string, examiner: Examiner, signal: AbortSignal): Promise<Outcome> {
  try {
    const isFile = await stat(file).then(
      (stats) => stats.isFile(),
      () => false,
    );
    if (!isFile) throw new ApiError('not_found', 'There is no such file.');
    return { file, response: await examiner.examine(file, signal) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { file, problem: toFailure(error) };
  }
}

function toJsonLine(outcome: Outcome): string {
  const { file } = outcome;
  return JSON.stringify(
    'response' in outcome ? { file, ...outcome.response } : { file, error: outcome.problem },
  );
}

function toText(outcome: Outcome): string {
  return 'response' in outcome
    ? describeVerdict(outcome.file, outcome.response)
    : describeFailure(outcome.file, outcome.problem);
}
