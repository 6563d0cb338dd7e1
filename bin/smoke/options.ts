import { z } from 'zod';
import { readOptions } from '../common/read-options.ts';

const usage = `Usage: npm run smoke -- --stack NAME

Sends a small clip through a deployed stack by each route and checks the answers. AWS credentials and region as usual.

  --stack NAME     the CloudFormation stack (default DeepfakeDetectionApi)
  --help           print this

With authorization=jwt a token is taken from SMOKE_TOKEN.
Exit status: 0 when everything answered as it should, 1 when something did not, 2 for bad usage.
`;

const command = {
  usage,
  options: { stack: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  schema: z.object({
    stack: z.string().min(1).default('DeepfakeDetectionApi'),
    help: z.boolean().default(false),
  }),
} as const;

const environment = z.object({ SMOKE_TOKEN: z.string().optional() });

/**
 * Read the command line of smoke.
 * @throws {BadUsage}
 */
export function readSmokeOptions(args: string[], env: NodeJS.ProcessEnv) {
  const { options } = readOptions(args, command);
  return { ...options, token: environment.parse(env).SMOKE_TOKEN, usage };
}
