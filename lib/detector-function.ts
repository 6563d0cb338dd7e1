import { type Duration, Size, Validations } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledgeNoDeadLetters } from './acknowledge-no-dead-letters.ts';
import { detectorImage } from './detector-image.ts';
import { FunctionLogs } from './function-logs.ts';
import { FunctionRole } from './function-role.ts';
import type { Settings } from './settings.ts';

export interface DetectorFunctionProps {
  settings: Settings;
  bucket: IBucket;
  /** Path of the bundled handler in the image, without `.mjs`, and its export. */
  handler: string;
  /** Value of the powertools service dimension. */
  service: string;
  timeout: Duration;
  environment?: Record<string, string>;
  provisionedConcurrency?: number;
  snapStart?: boolean;
}

/** A function that examines clips: the detector's container image behind a version alias. */
export class DetectorFunction extends Construct {
  readonly function: lambda.DockerImageFunction;
  readonly alias: lambda.Alias;

  constructor(scope: Construct, id: string, props: DetectorFunctionProps) {
    super(scope, id);
    const { settings } = props;
    const logs = new FunctionLogs(this, 'Logs', settings);
    this.function = new lambda.DockerImageFunction(this, 'Function', {
      code: detectorImage(settings, props.handler),
      architecture:
        settings.architecture === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64,
      memorySize: settings.memoryMb,
      ephemeralStorageSize: Size.mebibytes(settings.ephemeralStorageMb),
      timeout: props.timeout,
      role: new FunctionRole(this, 'Role', logs.group).role,
      logGroup: logs.group,
      loggingFormat: lambda.LoggingFormat.JSON,
      tracing: lambda.Tracing.ACTIVE,
      ...(props.snapStart && { snapStart: lambda.SnapStartConf.ON_PUBLISHED_VERSIONS }),
      environment: {
        BUCKET_NAME: props.bucket.bucketName,
        MAX_UPLOAD_BYTES: String(settings.maxUploadMb * 1024 * 1024),
        UPLOAD_EXPIRES_S: String(settings.uploadExpiresS),
        FRAMES_SAMPLED: String(settings.framesSampled),
        OPERATING_POINT: settings.operatingPoint,
        POWERTOOLS_SERVICE_NAME: props.service,
        POWERTOOLS_METRICS_NAMESPACE: metricsNamespace,
        ...props.environment,
      },
    });
    acknowledgeNoDeadLetters(this.function);
    Validations.of(this.function).acknowledge({
      id: 'Annotation::@aws-cdk/aws-lambda:snapStartRequirePublish',
      reason: 'The alias below publishes a version.',
    });
    this.alias = new lambda.Alias(this, 'Live', {
      aliasName: 'live',
      version: this.function.currentVersion,
      ...(props.provisionedConcurrency && {
        provisionedConcurrentExecutions: props.provisionedConcurrency,
      }),
    });
  }
}

/** CloudWatch namespace of the metrics that the functions write. */
export const metricsNamespace = 'DeepfakeDetection';
