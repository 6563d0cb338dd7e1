import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { readArchiveOptions } from '../../bin/archive/options.ts';
import { runBin } from '../support/run-bin.ts';

const ARN = 'arn:aws:states:eu-central-1:123456789012:stateMachine:archive';

/** CloudFormation and Step Functions as far as the command calls them; the run ends after three looks. */
async function startAws({ status = 'SUCCEEDED' } = {}) {
  const started: unknown[] = [];
  let looks = 0;
  const outputs = {
    ApiUrl: 'https://api.example.org/v1',
    Authorization: 'apiKey',
    BucketName: 'clips',
    ArchiveStateMachine: ARN,
    DetectFunction: 'arn:function',
  };
  const members = Object.entries(outputs)
    .map(
      ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
    )
    .join('');
  const stacks = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>S</StackName><Outputs>${members}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const action = String(request.headers['x-amz-target'] ?? '')
      .split('.')
      .at(-1);
    const answers: Record<string, () => unknown> = {
      StartExecution: () => {
        started.push(JSON.parse(JSON.parse(body).input));
        return { executionArn: `${ARN}:run`, startDate: 1 };
      },
      DescribeExecution: () => {
        looks += 1;
        return {
          status: looks < 3 ? 'RUNNING' : status,
          cause: status === 'FAILED' ? 'too many failed' : undefined,
        };
      },
      ListMapRuns: () => ({ mapRuns: looks > 1 ? [{ mapRunArn: `${ARN}:map` }] : [] }),
      DescribeMapRun: () => ({ itemCounts: { total: 10, succeeded: looks * 3, failed: 1, running: 1 } }),
    };
    const answer = action ? JSON.stringify(answers[action]!()) : stacks;
    response
      .writeHead(200, { 'content-type': action ? 'application/x-amz-json-1.0' : 'text/xml' })
      .end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    started,
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
    },
    close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

describe('npm run archive', () => {
  test('starts the run and follows it to its end', async () => {
    const aws = await startAws();

    const result = await runBin('archive.ts', ['s3://footage/2026/', '--name', 'spring'], { env: aws.env });
    await aws.close();

    expect(result.status, result.stderr).toBe(0);
    expect(aws.started).toEqual([
      {
        archive: 'spring',
        results: 'archives/spring/results',
        reader: 'prefix',
        bucket: 'footage',
        prefix: '2026/',
      },
    ]);
    expect(result.stdout).toContain('Results: s3://clips/archives/spring/results/');
    expect(result.stderr).toContain('Waiting for the list of clips');
    expect(result.stderr).toContain('9 of 10 clips done, 1 in progress, 1 not examined');
  });

  test('says why a run failed', async () => {
    const aws = await startAws({ status: 'FAILED' });

    const result = await runBin('archive.ts', ['s3://footage'], { env: aws.env });
    await aws.close();

    expect(result.status).toBe(1);
    expect(result.stderr).toContain('The run ended as FAILED: too many failed');
  });

  test.each([
    [[]],
    [['footage/2026']],
    [['s3://footage/2026', '--manifest', 's3://lists/a.csv']],
    [['s3://footage', '--manifest', 'a.csv']],
    [['s3://footage', '--name', '../x']],
  ])('refuses %j', async (args) => {
    const { status, stderr } = await runBin('archive.ts', args);

    expect(status).toBe(2);
    expect(stderr).toContain('Usage: npm run archive');
  });
});

describe('readArchiveOptions', () => {
  test('names the same source the same, so that a run goes on where the last one ended', () => {
    const first = readArchiveOptions(['s3://footage/2026/']).input.archive;
    const again = readArchiveOptions(['s3://footage/2026/']).input.archive;
    const other = readArchiveOptions(['s3://footage/2025/']).input.archive;

    expect(again).toBe(first);
    expect(other).not.toBe(first);
    expect(first).toMatch(/^footage-2026-[0-9a-f]{8}$/);
  });

  test('reads a manifest', () => {
    const { input } = readArchiveOptions(['s3://footage', '--manifest', 's3://lists/today/a.jsonl']);

    expect(input).toMatchObject({
      reader: 'jsonl',
      bucket: 'footage',
      prefix: '',
      manifest: { bucket: 'lists', key: 'today/a.jsonl' },
    });
  });
});
