import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { type Resource, resourcesOf, synthTemplate } from './synth.ts';

describe('the upload trigger', () => {
  const template = synthTemplate({ uploadConcurrency: 7 });
  const queues = Object.entries(template.findResources('AWS::SQS::Queue')) as [string, Resource][];
  const [deadLettersId] = queues.find(([, { Properties }]) => !Properties.RedrivePolicy)!;
  const [queueId, queue] = queues.find(([, { Properties }]) => Properties.RedrivePolicy)!;

  it('hands every clip under uploads/ to the queue', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: { bucket: { name: [{ Ref: Match.anyValue() }] }, object: { key: [{ prefix: 'uploads/' }] } },
      },
      Targets: [
        Match.objectLike({
          Arn: { 'Fn::GetAtt': [queueId, 'Arn'] },
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': [deadLettersId, 'Arn'] } },
        }),
      ],
    });
    template.hasResourceProperties('AWS::S3::Bucket', {
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    });
  });

  it('moves a message to the dead-letter queue after three attempts', () => {
    expect(queue.Properties.RedrivePolicy).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': [deadLettersId, 'Arn'] },
      maxReceiveCount: 3,
    });
  });

  it('hides a message for six times as long as the function may take', () => {
    const processor = resourcesOf(template, 'AWS::Lambda::Function').find(
      ({ Properties }) => Properties.ImageConfig?.Command?.[0] === 'process-upload.handler',
    )!;

    expect(queue.Properties.VisibilityTimeout).toBe(6 * processor.Properties.Timeout);
  });

  it('gives the function one message at a time, a bounded number at once, and takes back what failed', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [queueId, 'Arn'] },
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 7 },
    });
  });

  it('encrypts both queues and refuses requests without TLS', () => {
    for (const [, { Properties }] of queues) expect(Properties.SqsManagedSseEnabled).toBe(true);
    const denied = resourcesOf(template, 'AWS::SQS::QueuePolicy').map(({ Properties }) =>
      Properties.PolicyDocument.Statement.some(
        (statement: Record<string, unknown>) =>
          statement.Effect === 'Deny' &&
          JSON.stringify(statement.Condition) === '{"Bool":{"aws:SecureTransport":"false"}}',
      ),
    );
    expect(denied).toEqual([true, true]);
  });
});
