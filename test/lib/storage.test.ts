import { describe, expect, it } from 'vitest';
import { resourcesOf, synthTemplate } from './synth.ts';

describe('the buckets', () => {
  const template = synthTemplate({ corsOrigins: 'https://app.example.org' });
  const buckets = resourcesOf(template, 'AWS::S3::Bucket');
  const clips = buckets.find(({ Properties }) => Properties.NotificationConfiguration)!;

  it('are encrypted, kept, and closed to the public', () => {
    expect(buckets).toHaveLength(2);
    for (const { Properties, DeletionPolicy } of buckets) {
      expect(Properties.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
      expect(Properties.BucketEncryption.ServerSideEncryptionConfiguration).toHaveLength(1);
      expect(Properties.OwnershipControls.Rules).toEqual([{ ObjectOwnership: 'BucketOwnerEnforced' }]);
      expect(DeletionPolicy).toBe('Retain');
    }
  });

  it('refuse requests without TLS', () => {
    const policies = resourcesOf(template, 'AWS::S3::BucketPolicy');

    expect(policies).toHaveLength(2);
    for (const { Properties } of policies) {
      expect(Properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({
          Effect: 'Deny',
          Action: 's3:*',
          Principal: { AWS: '*' },
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      );
      const opened = Properties.PolicyDocument.Statement.filter(
        (statement: { Effect: string; Principal: unknown }) =>
          statement.Effect === 'Allow' && JSON.stringify(statement.Principal).includes('"*"'),
      );
      expect(opened).toEqual([]);
    }
  });

  it('let clips, tickets, marks and results expire and give up incomplete uploads', () => {
    const rules = clips.Properties.LifecycleConfiguration.Rules;

    expect(rules.map((rule: Record<string, unknown>) => [rule.Prefix, rule.ExpirationInDays])).toEqual([
      ['uploads/', 1],
      ['tickets/', 1],
      ['processing/', 1],
      ['results/', 30],
      [undefined, undefined],
    ]);
    expect(rules.at(-1).AbortIncompleteMultipartUpload).toEqual({ DaysAfterInitiation: 1 });
  });

  it('take uploads from the configured origins only', () => {
    expect(clips.Properties.CorsConfiguration.CorsRules).toEqual([
      expect.objectContaining({ AllowedOrigins: ['https://app.example.org'], AllowedMethods: ['POST'] }),
    ]);
    const closed = resourcesOf(synthTemplate(), 'AWS::S3::Bucket');
    expect(closed.every(({ Properties }) => Properties.CorsConfiguration === undefined)).toBe(true);
  });

  it('go with the stack when that is asked for', () => {
    const deleted = resourcesOf(synthTemplate({ deleteDataOnDestroy: true }), 'AWS::S3::Bucket');

    expect(deleted.map(({ DeletionPolicy }) => DeletionPolicy)).toEqual(['Delete', 'Delete']);
  });
});
