import { setTimeout } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  ListMapRunsCommand,
  type MapRunItemCounts,
  type SFNClient,
} from '@aws-sdk/client-sfn';

export interface RunState {
  /** RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED. */
  status: string;
  /** How many clips are where; undefined until Step Functions has begun to list them. */
  counts: MapRunItemCounts | undefined;
  /** Why the run failed. */
  cause: string | undefined;
}

/** The state of a run every `intervalMs` until it has ended; the last one tells how. */
export async function* followRun(
  client: SFNClient,
  executionArn: string,
  { intervalMs = 3000, signal }: { intervalMs?: number; signal?: AbortSignal } = {},
): AsyncGenerator<RunState> {
  const options = signal ? { abortSignal: signal } : {};
  for (;;) {
    const execution = await client.send(new DescribeExecutionCommand({ executionArn }), options);
    const { mapRuns } = await client.send(new ListMapRunsCommand({ executionArn }), options);
    const mapRunArn = mapRuns?.[0]?.mapRunArn;
    const run = mapRunArn && (await client.send(new DescribeMapRunCommand({ mapRunArn }), options));
    const status = execution.status ?? 'RUNNING';
    yield { status, counts: run ? run.itemCounts : undefined, cause: execution.cause ?? execution.error };
    if (status !== 'RUNNING') return;
    await setTimeout(intervalMs, undefined, options.abortSignal ? { signal: options.abortSignal } : {});
  }
}
