import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/** Where uploads wait (`uploads/`), results stay (`results/`) and archive runs are written (`archives/`). */
export class ClipBucket extends Construct {
  readonly bucket: s3.Bucket;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    const removal = settings.deleteDataOnDestroy
      ? { removalPolicy: RemovalPolicy.DESTROY, autoDeleteObjects: true }
      : { removalPolicy: RemovalPolicy.RETAIN };
    const locked: s3.BucketProps = {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      ...removal,
    };

    const accessLogs = new s3.Bucket(this, 'AccessLogs', {
      ...locked,
      lifecycleRules: [{ expiration: Duration.days(settings.logRetentionDays) }],
    });
    Validations.of(accessLogs).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'This bucket receives the access logs; logging its own access would never end.',
    });

    this.bucket = new s3.Bucket(this, 'Clips', {
      ...locked,
      serverAccessLogsBucket: accessLogs,
      lifecycleRules: [
        {
          id: 'expire-clips',
          prefix: 'uploads/',
          expiration: Duration.days(settings.clipRetentionDays),
        },
        {
          id: 'expire-tickets',
          prefix: 'tickets/',
          expiration: Duration.days(settings.clipRetentionDays),
        },
        {
          id: 'expire-marks',
          prefix: 'processing/',
          expiration: Duration.days(settings.clipRetentionDays),
        },
        {
          id: 'expire-results',
          prefix: 'results/',
          expiration: Duration.days(settings.resultRetentionDays),
        },
        { id: 'abort-incomplete', abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      ...(settings.corsOrigins.length > 0 && {
        cors: [
          {
            allowedMethods: [s3.HttpMethods.POST],
            allowedOrigins: settings.corsOrigins,
            allowedHeaders: ['*'],
            maxAge: 3600,
          },
        ],
      }),
    });
    // Set here rather than by eventBridgeEnabled, which would bring a custom resource with a function of its own.
    (this.bucket.node.defaultChild as s3.CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };
  }
}
