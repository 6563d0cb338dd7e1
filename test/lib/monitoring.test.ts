import { describe, expect, it } from 'vitest';
import { resourcesOf, synthTemplate } from './synth.ts';

describe('monitoring', () => {
  const template = synthTemplate({ alarmLatencyMs: 12_000, alarmUndeterminedPercent: 40 });
  const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);

  it.each([
    ['errors of a function', { MetricName: 'Errors', Namespace: 'AWS/Lambda', Threshold: 1 }],
    ['throttled calls', { MetricName: 'Throttles', Namespace: 'AWS/Lambda', Threshold: 1 }],
    ['server errors of the API', { MetricName: '5XXError', Namespace: 'AWS/ApiGateway', Threshold: 1 }],
    ['slow answers', { MetricName: 'Latency', ExtendedStatistic: 'p95', Threshold: 12_000 }],
    [
      'dead letters',
      { MetricName: 'ApproximateNumberOfMessagesVisible', Namespace: 'AWS/SQS', Threshold: 1 },
    ],
    ['archives that failed', { MetricName: 'ExecutionsFailed', Namespace: 'AWS/States', Threshold: 1 }],
  ])('has an alarm for %s', (_, properties) => {
    expect(alarms).toContainEqual(expect.objectContaining(properties));
  });

  it('has an alarm for the share of undetermined clips, over the metrics the functions write', () => {
    const share = alarms.find(({ Metrics }) => Metrics)!;
    const metrics = share.Metrics.flatMap((part: Record<string, never>) => part.MetricStat ?? []);

    expect(share.Threshold).toBe(40);
    expect(metrics).toHaveLength(6);
    for (const { Metric } of metrics) {
      expect(Metric.Namespace).toBe('DeepfakeDetection');
      expect(['Clips', 'VerdictUndetermined']).toContain(Metric.MetricName);
      expect(Metric.Dimensions[0].Name).toBe('service');
    }
  });

  it('sends alarms by mail when there is an address', () => {
    const mailed = synthTemplate({ alarmEmail: 'ops@example.org' });

    mailed.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ops@example.org',
    });
    for (const { Properties } of resourcesOf(mailed, 'AWS::CloudWatch::Alarm')) {
      expect(Properties.AlarmActions).toHaveLength(1);
    }
    template.resourceCountIs('AWS::SNS::Topic', 0);
  });

  it('has one dashboard', () => {
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
  });
});
