import { Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { CfnBucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import type { Settings } from './settings.ts';
import { sourceBuckets } from './source-buckets.ts';

// What each function may do with the bucket, no more than its handler does. Listing is allowed so that S3
// answers "no such key" rather than "access denied" for an object that is not there.

/** POST /uploads signs uploads with its own permissions and notes each ticket. */
export function allowCreateUpload(fn: IFunction, bucket: IBucket): void {
  allowObjects(fn, bucket, ['s3:PutObject'], ['uploads', 'tickets']);
}

/** GET /detections/{upload_id} looks for the ticket, the clip, the mark of its examination and the result. */
export function allowGetDetection(fn: IFunction, bucket: IBucket): void {
  allowObjects(fn, bucket, ['s3:GetObject'], ['uploads', 'tickets', 'processing', 'results']);
  allowList(fn, bucket.bucketArn);
}

/** POST /detect_deepfake with an upload_id. */
export function allowReadUpload(fn: IFunction, bucket: IBucket): void {
  allowObjects(fn, bucket, ['s3:GetObject'], ['uploads', 'tickets']);
  allowList(fn, bucket.bucketArn);
}

/** The examination of uploads: reads the clip, writes the outcome, and may sign the announcement of it. */
export function allowProcessUpload(fn: IFunction, bucket: IBucket, settings: Settings): void {
  allowObjects(fn, bucket, ['s3:GetObject'], ['uploads', 'tickets', 'processing', 'results']);
  allowObjects(fn, bucket, ['s3:PutObject'], ['processing', 'results']);
  allowList(fn, bucket.bucketArn);
  if (settings.webhookSecretArn !== '') {
    fn.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        resources: [settings.webhookSecretArn],
      }),
    );
  }
}

/** The examination of archives: reads clips of the allowed buckets, keeps outcomes under archives/. */
export function allowArchiveItem(fn: IFunction, bucket: IBucket, settings: Settings): void {
  const sources = sourceBuckets(settings, bucket);
  fn.addToRolePolicy(
    new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: sources.map((arn) => `${arn}/*`) }),
  );
  acknowledgeSources(fn.role!, bucket, settings);
  allowObjects(fn, bucket, ['s3:PutObject'], ['archives']);
  allowList(fn, ...sources);
}

/** That the clips of an archive may be any objects of the allowed buckets. */
export function acknowledgeSources(scope: IConstruct, bucket: IBucket, settings: Settings): void {
  const others = settings.archiveBuckets.map((name) => `arn:<AWS::Partition>:s3:::${name}`);
  for (const arn of [`<${logicalId(bucket)}.Arn>`, ...others]) {
    Validations.of(scope).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${arn}/*]`,
      reason: 'The clips of an archive may lie anywhere in the buckets that the settings name.',
    });
  }
}

function allowObjects(fn: IFunction, bucket: IBucket, actions: string[], prefixes: string[]): void {
  fn.addToRolePolicy(
    new iam.PolicyStatement({
      actions,
      resources: prefixes.map((prefix) => bucket.arnForObjects(`${prefix}/*`)),
    }),
  );
  for (const prefix of prefixes) {
    Validations.of(fn.role!).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${logicalId(bucket)}.Arn>/${prefix}/*]`,
      reason: 'Single objects below one prefix, whose names are the ids of uploads.',
    });
  }
}

/** The name under which cdk-nag knows the bucket. */
export function logicalId(bucket: IBucket): string {
  return Stack.of(bucket).getLogicalId(bucket.node.defaultChild as CfnBucket);
}

function allowList(fn: IFunction, ...buckets: string[]): void {
  fn.addToRolePolicy(new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: buckets }));
}
