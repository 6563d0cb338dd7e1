import { Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { sourceBuckets } from './batch-archive.ts';
import type { Settings } from './settings.ts';

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
  allowObjects(fn, bucket, ['s3:PutObject'], ['archives']);
  allowList(fn, ...sources);
  acknowledge(fn);
}

function allowObjects(fn: IFunction, bucket: IBucket, actions: string[], prefixes: string[]): void {
  fn.addToRolePolicy(
    new iam.PolicyStatement({
      actions,
      resources: prefixes.map((prefix) => bucket.arnForObjects(`${prefix}/*`)),
    }),
  );
  acknowledge(fn);
}

function allowList(fn: IFunction, ...buckets: string[]): void {
  fn.addToRolePolicy(new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: buckets }));
}

function acknowledge(fn: IFunction): void {
  Validations.of(fn.role!).acknowledge({
    id: 'AwsSolutions-IAM5',
    reason: 'Reads or writes single objects below named prefixes of named buckets; X-Ray knows no resources.',
  });
}
