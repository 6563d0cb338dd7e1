import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { followRun, type RunState } from './archive/follow-run.ts';
import { readArchiveOptions } from './archive/options.ts';
import { usage } from './archive/usage.ts';
import { runCommand } from './common/run-command.ts';
import { readStackOutputs } from './common/stack-outputs.ts';

await runCommand(async (signal) => {
  const { help, stack, detach, input } = readArchiveOptions(process.argv.slice(2));
  if (help) {
    process.stdout.write(usage);
    return 0;
  }
  const outputs = await readStackOutputs(new CloudFormationClient(), stack);
  const client = new SFNClient();
  const { executionArn } = await client.send(
    new StartExecutionCommand({
      stateMachineArn: outputs.ArchiveStateMachine,
      input: JSON.stringify(input),
    }),
  );
  process.stdout.write(`Started ${executionArn}\n`);
  process.stdout.write(`Results: s3://${outputs.BucketName}/${input.results}/\n`);
  return detach ? 0 : follow(client, executionArn!, signal);
});

async function follow(client: SFNClient, executionArn: string, signal: AbortSignal): Promise<number> {
  let last: RunState | undefined;
  let shown = '';
  for await (const state of followRun(client, executionArn, { signal })) {
    last = state;
    const line = describe(state);
    if (line !== shown) process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
    shown = line;
  }
  if (process.stderr.isTTY) process.stderr.write('\n');
  if (last?.status === 'SUCCEEDED') return 0;
  process.stderr.write(`The run ended as ${last?.status}: ${last?.cause ?? 'no cause given'}\n`);
  return 1;
}

function describe({ counts }: RunState): string {
  if (!counts) return 'Waiting for the list of clips ...';
  const { succeeded = 0, failed = 0, timedOut = 0, aborted = 0, total = 0, running = 0 } = counts;
  const notExamined = failed + timedOut + aborted;
  const trouble = notExamined > 0 ? `, ${notExamined} not examined` : '';
  return `${succeeded} of ${total} clips done, ${running} in progress${trouble}`;
}
