import { describe, expect, it } from 'vitest';
import { policyStatements, resourcesOf, synthTemplate } from './synth.ts';

describe('the functions', () => {
  const template = synthTemplate();
  const functions = resourcesOf(template, 'AWS::Lambda::Function');
  const detectors = functions.filter(({ Properties }) => Properties.PackageType === 'Image');

  it('that examine clips run one image with a handler each, two processors and room for the largest clip', () => {
    expect(detectors.map(({ Properties }) => Properties.ImageConfig.Command[0]).sort()).toEqual([
      'detect-deepfake.handler',
      'examine-archive-item.handler',
      'process-upload.handler',
    ]);
    expect(new Set(detectors.map(({ Properties }) => JSON.stringify(Properties.Code.ImageUri))).size).toBe(1);
    for (const { Properties } of detectors) {
      expect(Properties.MemorySize).toBe(3538);
      expect(Properties.EphemeralStorage.Size * 1024 * 1024).toBeGreaterThan(
        Number(Properties.Environment.Variables.MAX_UPLOAD_BYTES),
      );
    }
  });

  it('all log into groups that expire, as JSON, with tracing, behind an alias', () => {
    const groups = resourcesOf(template, 'AWS::Logs::LogGroup');

    expect(groups.length).toBeGreaterThanOrEqual(functions.length);
    for (const { Properties } of groups) expect(Properties.RetentionInDays).toBe(30);
    for (const { Properties } of functions) {
      expect(Properties.LoggingConfig).toMatchObject({ LogFormat: 'JSON', LogGroup: expect.anything() });
      expect(Properties.TracingConfig).toEqual({ Mode: 'Active' });
    }
    template.resourceCountIs('AWS::Lambda::Alias', functions.length);
  });

  it('keep environments of the synchronous detector warm when asked to, and of no other', () => {
    const warm = resourcesOf(synthTemplate({ provisionedConcurrency: 2 }), 'AWS::Lambda::Alias');

    expect(warm.map(({ Properties }) => Properties.ProvisionedConcurrencyConfig).filter(Boolean)).toEqual([
      { ProvisionedConcurrentExecutions: 2 },
    ]);
  });

  it('resume the synchronous detector from a snapshot when asked to', () => {
    const snapped = synthTemplate({ snapStart: true, ephemeralStorageMb: 512, maxUploadMb: 400 });

    const withSnapshot = resourcesOf(snapped, 'AWS::Lambda::Function').filter(
      ({ Properties }) => Properties.SnapStart,
    );

    expect(
      withSnapshot.map(({ Properties }) => [Properties.ImageConfig.Command, Properties.SnapStart]),
    ).toEqual([[['detect-deepfake.handler'], { ApplyOn: 'PublishedVersions' }]]);
  });

  it('are built for arm64 when asked to', () => {
    const arm = resourcesOf(synthTemplate({ architecture: 'arm64' }), 'AWS::Lambda::Function');

    expect(arm.filter(({ Properties }) => Properties.Architectures[0] !== 'arm64')).toEqual([]);
  });
});

describe('permissions', () => {
  const settings = {
    webhookUrl: 'https://example.org/hook',
    webhookSecretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:hook',
  };
  const statements = policyStatements(synthTemplate(settings));

  it('name every action', () => {
    expect(statements.filter(({ effect }) => effect !== 'Allow')).toEqual([]);
    expect(statements.flatMap(({ actions }) => actions).filter((action) => action.includes('*'))).toEqual([]);
  });

  it('are given on everything only where AWS knows no resources', () => {
    const everywhere = statements.filter(({ resources }) => resources.includes('*'));

    expect([...new Set(everywhere.flatMap(({ actions }) => actions))].sort()).toEqual([
      'logs:CreateLogDelivery',
      'logs:DeleteLogDelivery',
      'logs:DescribeLogGroups',
      'logs:DescribeResourcePolicies',
      'logs:GetLogDelivery',
      'logs:ListLogDeliveries',
      'logs:PutResourcePolicy',
      'logs:UpdateLogDelivery',
      'xray:GetSamplingRules',
      'xray:GetSamplingTargets',
      'xray:PutTelemetryRecords',
      'xray:PutTraceSegments',
    ]);
  });

  it.each([
    ['CreateUpload', ['s3:PutObject tickets', 's3:PutObject uploads']],
    [
      'GetDetection',
      [
        's3:GetObject processing',
        's3:GetObject results',
        's3:GetObject tickets',
        's3:GetObject uploads',
        's3:ListBucket',
      ],
    ],
    ['DetectDeepfake', ['s3:GetObject tickets', 's3:GetObject uploads', 's3:ListBucket']],
    [
      'ProcessUpload',
      [
        's3:GetObject processing',
        's3:GetObject results',
        's3:GetObject tickets',
        's3:GetObject uploads',
        's3:ListBucket',
        's3:PutObject processing',
        's3:PutObject results',
        'secretsmanager:GetSecretValue',
      ],
    ],
    ['GetHealth', []],
    ['GetOpenApi', []],
  ])('of %s reach no further than its handler', (name, allowed) => {
    const own = statements.filter(({ policy }) => policy.startsWith(name));
    const storage = own.filter(({ actions: [first] }) => /^(s3|secretsmanager):/.test(first!));

    const reached = storage.flatMap(({ actions, resources }) =>
      actions.flatMap((action) => resources.map((resource) => `${action} ${prefixOf(resource)}`.trim())),
    );

    expect(reached.sort()).toEqual(allowed);
  });

  it('use no managed policy but the one of API Gateway', () => {
    const managed = resourcesOf(synthTemplate(settings), 'AWS::IAM::Role').flatMap(
      ({ Properties }) => Properties.ManagedPolicyArns ?? [],
    );

    expect(managed).toHaveLength(1);
    expect(JSON.stringify(managed)).toContain('AmazonAPIGatewayPushToCloudWatchLogs');
  });
});

/** The folder of the bucket that a resource stands for; empty for the bucket itself. */
function prefixOf(resource: unknown): string {
  return /"\/([a-z]+)\/\*"/.exec(JSON.stringify(resource))?.[1] ?? '';
}
