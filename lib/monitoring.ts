import { Duration, Validations } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { metricsNamespace } from './detector-function.ts';
import type { Settings } from './settings.ts';

export interface MonitoringProps {
  settings: Settings;
  api: RestApi;
  /** Every function, by the name it has in alarms and graphs. */
  functions: Record<string, lambda.IFunction>;
  /** Values of the service dimension of the functions that examine clips. */
  detectorServices: string[];
  queue: sqs.Queue;
  deadLetters: sqs.Queue;
  archive: sfn.StateMachine;
}

const period = Duration.minutes(5);
const { GREATER_THAN_THRESHOLD, GREATER_THAN_OR_EQUAL_TO_THRESHOLD } = cloudwatch.ComparisonOperator;

/** One dashboard, and an alarm for each thing an operator has to look after. */
export class Monitoring extends Construct {
  readonly dashboard: cloudwatch.Dashboard;
  readonly #topic?: sns.Topic;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { settings } = props;
    if (settings.alarmEmail !== '') this.#topic = this.alarmTopic(settings.alarmEmail);

    const serverErrors = props.api.metricServerError({ period, statistic: 'Sum' });
    const latency = props.api.metricLatency({
      period,
      statistic: 'p95',
      dimensionsMap: detectRoute(props.api),
    });
    const deadLetters = props.deadLetters.metricApproximateNumberOfMessagesVisible({
      period,
      statistic: 'Maximum',
    });
    const waiting = props.queue.metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum' });
    const archives = props.archive.metricFailed({ period });
    const share = undeterminedShare(props.detectorServices);

    for (const [name, fn] of Object.entries(props.functions)) {
      this.alarm(`${name}Errors`, fn.metricErrors({ period }), 1, `${name} ended with an error.`);
      this.alarm(
        `${name}Throttles`,
        fn.metricThrottles({ period }),
        1,
        `${name} was called more often than its concurrency allows.`,
      );
    }
    this.alarm('ServerErrors', serverErrors, 1, 'The API answered with a status of 500 or above.');
    this.alarm('DeadLetters', deadLetters, 1, 'An uploaded clip could not be examined in three attempts.');
    this.alarm('ArchiveFailed', archives, 1, 'The examination of an archive was stopped by an error.');
    this.alarm(
      'Latency',
      latency,
      settings.alarmLatencyMs,
      'POST /detect_deepfake is slow: 95th percentile, three times in a row.',
      {
        evaluationPeriods: 3,
        comparisonOperator: GREATER_THAN_THRESHOLD,
      },
    );
    this.alarm(
      'Undetermined',
      share,
      settings.alarmUndeterminedPercent,
      'Many clips are undetermined: have the clips or the senders changed?',
      {
        comparisonOperator: GREATER_THAN_THRESHOLD,
      },
    );

    this.dashboard = new cloudwatch.Dashboard(this, 'Dashboard', {
      dashboardName: `${settings.stackName}-dashboard`,
      defaultInterval: Duration.days(1),
      widgets: [
        [
          graph('Requests', [
            props.api.metricCount({ period, statistic: 'Sum' }),
            props.api.metricClientError({ period, statistic: 'Sum' }),
            serverErrors,
          ]),
          graph('POST /detect_deepfake, latency in ms', [
            latency,
            props.api.metricLatency({ period, statistic: 'p50', dimensionsMap: detectRoute(props.api) }),
          ]),
          graph('Uploads', [
            props.queue.metricApproximateNumberOfMessagesVisible({ period, label: 'waiting' }),
            waiting,
            deadLetters,
          ]),
        ],
        [
          graph(
            'Verdicts',
            verdictMetrics.map((name) => sumOf(props.detectorServices, name, period)),
          ),
          graph('Share of undetermined clips in %', [share]),
          graph(
            'Where the time goes, median ms',
            ['DecodeTime', 'FindFacesTime', 'ClassifyTime', 'TotalTime'].map((name) =>
              detectorMetric('detect-deepfake', name, period, 'p50'),
            ),
          ),
        ],
        [
          graph(
            'Errors',
            Object.values(props.functions).map((fn) => fn.metricErrors({ period })),
          ),
          graph(
            'Throttles',
            Object.values(props.functions).map((fn) => fn.metricThrottles({ period })),
          ),
          graph(
            'Cold starts',
            props.detectorServices.map((service) => detectorMetric(service, 'ColdStart', period, 'Sum')),
          ),
        ],
      ],
    });
  }

  private alarm(
    id: string,
    metric: cloudwatch.IMetric,
    threshold: number,
    alarmDescription: string,
    options: Partial<cloudwatch.AlarmProps> = {},
  ): void {
    const alarm = new cloudwatch.Alarm(this, id, {
      metric,
      threshold,
      alarmDescription,
      evaluationPeriods: 1,
      comparisonOperator: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      ...options,
    });
    if (this.#topic) alarm.addAlarmAction(new SnsAction(this.#topic));
  }

  private alarmTopic(email: string): sns.Topic {
    const topic = new sns.Topic(this, 'Alarms', { enforceSSL: true });
    topic.addSubscription(new EmailSubscription(email));
    Validations.of(topic).acknowledge({
      id: 'Serverless-SNSRedrivePolicy',
      reason: 'E-mail cannot be redriven; the alarms stay visible in CloudWatch.',
    });
    return topic;
  }
}

const verdictMetrics = ['VerdictFake', 'VerdictReal', 'VerdictUndetermined'];

function detectRoute(api: RestApi): Record<string, string> {
  return {
    ApiName: api.restApiName,
    Stage: api.deploymentStage.stageName,
    Method: 'POST',
    Resource: '/detect_deepfake',
  };
}

function graph(title: string, left: cloudwatch.IMetric[]): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({ title, left, width: 8, liveData: true });
}

function detectorMetric(
  service: string,
  metricName: string,
  over: Duration,
  statistic: string,
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: metricsNamespace,
    metricName,
    dimensionsMap: { service },
    period: over,
    statistic,
    label: `${metricName} (${service})`,
  });
}

/** A metric of all functions that examine clips, added up. */
function sumOf(services: string[], metricName: string, over: Duration): cloudwatch.MathExpression {
  const parts = services.map((service, index) => [
    `${metricName.toLowerCase()}${index}`,
    detectorMetric(service, metricName, over, 'Sum'),
  ]);
  return new cloudwatch.MathExpression({
    expression: `SUM(METRICS())`,
    usingMetrics: Object.fromEntries(parts),
    label: metricName,
    period: over,
  });
}

/** Percent of the clips of an hour; too few clips say nothing and count as none. */
function undeterminedShare(services: string[]): cloudwatch.MathExpression {
  const hour = Duration.hours(1);
  const metrics = (prefix: string, name: string) =>
    services.map((service, index) => [`${prefix}${index}`, detectorMetric(service, name, hour, 'Sum')]);
  const sum = (prefix: string) => services.map((_, index) => `FILL(${prefix}${index},0)`).join('+');
  return new cloudwatch.MathExpression({
    expression: `IF((${sum('c')})>=20, 100*(${sum('u')})/(${sum('c')}), 0)`,
    usingMetrics: Object.fromEntries([...metrics('c', 'Clips'), ...metrics('u', 'VerdictUndetermined')]),
    label: 'undetermined, % of clips',
    period: hour,
  });
}
