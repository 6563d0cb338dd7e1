import { Stack } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Settings } from './settings.ts';

/** ARNs of the buckets whose clips may be examined in bulk. */
export function sourceBuckets(settings: Settings, bucket: IBucket): string[] {
  const { partition } = Stack.of(bucket);
  return [bucket.bucketArn, ...settings.archiveBuckets.map((name) => `arn:${partition}:s3:::${name}`)];
}
