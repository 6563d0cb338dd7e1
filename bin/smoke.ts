import { APIGatewayClient, GetApiKeyCommand } from '@aws-sdk/client-api-gateway';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { BadUsage } from './common/bad-usage.ts';
import { runCommand } from './common/run-command.ts';
import { readStackOutputs, type StackOutputs } from './common/stack-outputs.ts';
import { type Authorize, withApiKey, withSignature, withToken } from './smoke/authorize.ts';
import { checks } from './smoke/checks.ts';
import { makeClip } from './smoke/make-clip.ts';
import { readSmokeOptions } from './smoke/options.ts';

await runCommand(async () => {
  const { stack, help, token, usage } = readSmokeOptions(process.argv.slice(2), process.env);
  if (help) {
    process.stdout.write(usage);
    return 0;
  }
  const cloudFormation = new CloudFormationClient();
  const outputs = await readStackOutputs(cloudFormation, stack);
  const authorize = await authorization(outputs, cloudFormation, token);
  const target = { url: outputs.ApiUrl, authorize, clip: await makeClip(process.env) };
  let failures = 0;
  for (const { name, run } of checks) {
    const startedAt = performance.now();
    const failure = await run(target).then(
      () => undefined,
      (error: Error) => error,
    );
    if (failure) failures += 1;
    const ms = Math.round(performance.now() - startedAt);
    process.stdout.write(failure ? `FAILED  ${name}: ${failure.message}\n` : `ok      ${name} (${ms} ms)\n`);
  }
  process.stdout.write(`${checks.length - failures} of ${checks.length} checks passed\n`);
  return failures > 0 ? 1 : 0;
});

async function authorization(
  outputs: StackOutputs,
  client: CloudFormationClient,
  token: string | undefined,
): Promise<Authorize> {
  if (outputs.Authorization === 'iam') {
    return withSignature(client.config.credentials, await client.config.region());
  }
  if (outputs.Authorization === 'jwt') {
    if (!token) throw new BadUsage('The stack takes tokens: put one into SMOKE_TOKEN.');
    return withToken(token);
  }
  const command = new GetApiKeyCommand({ apiKey: outputs.ApiKeyId, includeValue: true });
  const { value } = await new APIGatewayClient().send(command);
  return withApiKey(value!);
}
