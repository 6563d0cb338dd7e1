import { readFileSync } from 'node:fs';
import { InferenceSession } from 'onnxruntime-node';
import { type LoadedModel, unavailable } from './model-card.ts';

// onnxruntime reports its use to its makers unless this is set; it looks once, when the first session starts.
process.env.ORT_DISABLE_TELEMETRY = '1';

const saturates = process.arch === 'x64' && !hasVnni();

/**
 * Start a model on the thread that asks, and make sure that it has the inputs and outputs its card names.
 * @throws {DetectionError} `model_unavailable`
 */
export async function startSession(
  model: LoadedModel<{ name: string }>,
  names: { inputs: string[]; outputs: string[] },
): Promise<InferenceSession> {
  const { card, weights } = model;
  const session = await createSession(card.name, weights);
  const missing = [
    ...names.inputs.filter((name) => !session.inputNames.includes(name)).map((name) => `input "${name}"`),
    ...names.outputs.filter((name) => !session.outputNames.includes(name)).map((name) => `output "${name}"`),
  ];
  if (missing.length > 0) {
    await session.release();
    throw unavailable(`${card.name} has no ${missing.join(' and no ')}`);
  }
  return session;
}

async function createSession(name: string, weights: Buffer): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(weights, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionProviders: ['cpu'],
      extra: {
        session: {
          // Sums of int8 products saturate on x86 processors without VNNI unless they are told not to, which takes more than
          // twice as long where it changes nothing.
          ...(saturates && { x64quantprecision: '1' }),
        },
      },
    });
  } catch (error) {
    throw unavailable(`${name} is no model that can be run: ${(error as Error).message}`, error);
  }
}

/** Whether the processor is known to have the instructions of VNNI. Other systems than Linux do not say. */
function hasVnni(): boolean {
  try {
    return /\bavx(512)?_vnni\b/.test(readFileSync('/proc/cpuinfo', 'latin1'));
  } catch {
    return false;
  }
}
