import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { z } from 'zod';
import { BadUsage } from './bad-usage.ts';

/** What the stack says about itself; lib/service-stack.ts writes it. */
const outputsSchema = z.object({
  ApiUrl: z.url(),
  ApiKeyId: z.string().optional(),
  Authorization: z.enum(['apiKey', 'iam', 'jwt']),
  BucketName: z.string(),
  ArchiveStateMachine: z.string(),
  DetectFunction: z.string(),
});

export type StackOutputs = z.infer<typeof outputsSchema>;

/**
 * The outputs of a deployed stack.
 * @throws {BadUsage} when there is no such stack or it is not one of this project
 */
export async function readStackOutputs(client: CloudFormationClient, name: string): Promise<StackOutputs> {
  const described = await client.send(new DescribeStacksCommand({ StackName: name })).catch((error) => {
    if (error.name !== 'ValidationError') throw error;
    throw new BadUsage(`There is no stack ${name} in this account and region.`);
  });
  const outputs = Object.fromEntries(
    (described.Stacks?.[0]?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
  );
  const parsed = outputsSchema.safeParse(outputs);
  if (!parsed.success) throw new BadUsage(`The stack ${name} is not one of this project.`);
  return parsed.data;
}
