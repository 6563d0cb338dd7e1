import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { acknowledgeSources, logicalId } from './access.ts';
import { ArchiveListReader } from './archive-list-reader.ts';
import type { Settings } from './settings.ts';
import { sourceBuckets } from './source-buckets.ts';

export interface BatchArchiveProps {
  settings: Settings;
  bucket: IBucket;
  /** Examines one clip of an archive. */
  examiner: IFunction;
}

/**
 * Examines all clips of an archive: a Distributed Map over an S3 prefix or a manifest.
 *
 * Input: `{archive, results, reader: "prefix" | "csv" | "jsonl", bucket, prefix, manifest?: {bucket, key}}`. Each clip's outcome
 * is kept under `archives/<archive>/outcomes/`, so a second run only does what is missing; the answers of
 * one run are written as JSON lines under `results`.
 */
export class BatchArchive extends Construct {
  readonly stateMachine: sfn.StateMachine;

  constructor(scope: Construct, id: string, props: BatchArchiveProps) {
    super(scope, id);
    const { settings, bucket } = props;
    const manifest = {
      bucketNamePath: sfn.JsonPath.stringAt('$.manifest.bucket'),
      key: sfn.JsonPath.stringAt('$.manifest.key'),
    };
    const sources = sourceBuckets(settings, bucket);
    const unknown = new sfn.Fail(this, 'UnknownReader', {
      error: 'UnknownReader',
      cause: 'The input must have reader "prefix", "csv" or "jsonl".',
    });
    const definition = new sfn.Choice(this, 'HowToRead')
      .when(
        sfn.Condition.stringEquals('$.reader', 'prefix'),
        this.map('ExaminePrefix', props, {
          itemReader: new ArchiveListReader({
            bucketNamePath: sfn.JsonPath.stringAt('$.bucket'),
            prefix: sfn.JsonPath.stringAt('$.prefix'),
            buckets: sources,
          }),
          key: '$$.Map.Item.Value.Key',
        }),
      )
      .when(
        sfn.Condition.stringEquals('$.reader', 'csv'),
        this.map('ExamineCsv', props, {
          itemReader: new sfn.S3CsvItemReader({ ...manifest, csvHeaders: sfn.CsvHeaders.useFirstRow() }),
          key: '$$.Map.Item.Value.key',
        }),
      )
      .when(
        sfn.Condition.stringEquals('$.reader', 'jsonl'),
        this.map('ExamineJsonLines', props, {
          itemReader: new sfn.S3JsonLItemReader(manifest),
          key: '$$.Map.Item.Value.key',
        }),
      )
      .otherwise(unknown);

    this.stateMachine = new sfn.StateMachine(this, 'StateMachine', {
      definitionBody: sfn.DefinitionBody.fromChainable(definition),
      tracingEnabled: true,
      logs: {
        destination: new logs.LogGroup(this, 'Logs', {
          logGroupName: `/aws/vendedlogs/states/${settings.stackName}-archive`,
          retention: settings.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: sfn.LogLevel.ALL,
        includeExecutionData: false,
      },
    });
    this.stateMachine.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['s3:GetObject'],
        resources: sources.map((arn) => `${arn}/*`),
      }),
    );
    acknowledgeSources(this.stateMachine, bucket, settings);
    this.acknowledgeWildcards(logicalId(bucket));
  }

  private map(
    id: string,
    { settings, bucket, examiner }: BatchArchiveProps,
    { itemReader, key }: { itemReader: sfn.IItemReader; key: string },
  ): sfn.DistributedMap {
    const examine = new tasks.LambdaInvoke(this, `${id}Clip`, {
      lambdaFunction: examiner,
      payloadResponseOnly: true,
    });
    examine.addRetry({
      errors: ['States.ALL'],
      interval: Duration.seconds(5),
      maxAttempts: 3,
      backoffRate: 3,
      jitterStrategy: sfn.JitterType.FULL,
    });
    return new sfn.DistributedMap(this, id, {
      itemReader,
      itemSelector: {
        archive: sfn.JsonPath.stringAt('$.archive'),
        bucket: sfn.JsonPath.stringAt('$.bucket'),
        key: sfn.JsonPath.stringAt(key),
      },
      // Standard, so that a clip whose examination was throttled may be tried again after minutes.
      mapExecutionType: sfn.StateMachineType.STANDARD,
      maxConcurrency: settings.archiveConcurrency,
      toleratedFailurePercentage: settings.archiveToleratedFailurePercentage,
      resultWriterV2: new sfn.ResultWriterV2({
        bucket,
        prefix: sfn.JsonPath.stringAt('$.results'),
        writerConfig: new sfn.WriterConfig({
          transformation: sfn.Transformation.COMPACT,
          outputType: sfn.OutputType.JSONL,
        }),
      }),
      resultPath: sfn.JsonPath.DISCARD,
    }).itemProcessor(examine);
  }

  private acknowledgeWildcards(bucketId: string): void {
    const machineId = this.stateMachine.stack.getLogicalId(
      this.stateMachine.node.defaultChild as sfn.CfnStateMachine,
    );
    const machine = `{"Fn::Select":[6,{"Fn::Split":[":",{"Ref":"${machineId}"}]}]}`;
    const executions = `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:${machine}`;
    const reasons = {
      '*': 'X-Ray and the delivery of logs know no resource-level permissions.',
      [`arn:<AWS::Partition>:s3:::<${bucketId}>/*`]:
        'The results of runs, below a prefix that the run names.',
      [`${executions}:*`]: "The machine's own executions: a map starts one for each clip.",
      [`${executions}/*:*`]: "The machine's own map runs.",
    };
    for (const [resource, reason] of Object.entries(reasons)) {
      Validations.of(this.stateMachine).acknowledge({
        id: `AwsSolutions-IAM5[Resource::${resource}]`,
        reason,
      });
    }
  }
}
