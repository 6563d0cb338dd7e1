import { describe, expect, it } from 'vitest';
import { nagFindings } from './synth.ts';

const jwt = { authorization: 'jwt', jwtIssuer: 'https://id.example.org', jwtAudience: 'deepfake' };

describe('cdk-nag (AwsSolutions, Serverless)', () => {
  it.each([
    {},
    { authorization: 'iam' },
    jwt,
    { waf: true, alarmEmail: 'ops@example.org', corsOrigins: 'https://app.example.org' },
    { archiveBuckets: 'footage-a,footage-b', deleteDataOnDestroy: true, apiGatewayLogRole: false },
    {
      domainName: 'api.example.org',
      certificateArn: 'arn:aws:acm:eu-central-1:123456789012:certificate/0',
      webhookUrl: 'https://example.org/hook',
      webhookSecretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:hook',
    },
  ])('finds nothing that is not acknowledged with %j', (context) => {
    expect(nagFindings(context)).toEqual([]);
  });
});
