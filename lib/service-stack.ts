import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import {
  allowArchiveItem,
  allowCreateUpload,
  allowGetDetection,
  allowProcessUpload,
  allowReadUpload,
} from './access.ts';
import { BatchArchive } from './batch-archive.ts';
import { ClipBucket } from './clip-bucket.ts';
import { DetectionApi, gatewayTimeout } from './detection-api.ts';
import { DetectorFunction } from './detector-function.ts';
import { Monitoring } from './monitoring.ts';
import type { Settings } from './settings.ts';
import { UploadTrigger } from './upload-trigger.ts';
import { ZipFunction } from './zip-function.ts';

/** A clip of 500 MB has to arrive in /tmp and be decoded within it. */
const processorTimeout = Duration.minutes(5);

/** The whole service. */
export class ServiceStack extends Stack {
  constructor(scope: Construct, settings: Settings, props: StackProps = {}) {
    super(scope, settings.stackName, {
      description: 'Deepfake Detection API: tells whether the face in a short video clip was forged',
      ...props,
    });
    const { bucket } = new ClipBucket(this, 'Storage', settings);
    const cors = { CORS_ORIGINS: settings.corsOrigins.join(',') };
    const storage = {
      BUCKET_NAME: bucket.bucketName,
      MAX_UPLOAD_BYTES: String(settings.maxUploadMb * 1024 * 1024),
      UPLOAD_EXPIRES_S: String(settings.uploadExpiresS),
    };

    const detectDeepfake = new DetectorFunction(this, 'DetectDeepfake', {
      settings,
      bucket,
      handler: 'detect-deepfake.handler',
      service: 'detect-deepfake',
      timeout: gatewayTimeout,
      environment: { ...cors, GATEWAY_TIMEOUT_MS: String(gatewayTimeout.toMilliseconds()) },
      provisionedConcurrency: settings.provisionedConcurrency,
      snapStart: settings.snapStart,
    });
    allowReadUpload(detectDeepfake.function, bucket);

    const processUpload = new DetectorFunction(this, 'ProcessUpload', {
      settings,
      bucket,
      handler: 'process-upload.handler',
      service: 'process-upload',
      timeout: processorTimeout,
      environment: {
        ...(settings.webhookUrl !== '' && {
          WEBHOOK_URL: settings.webhookUrl,
          WEBHOOK_SECRET_ARN: settings.webhookSecretArn,
        }),
      },
    });
    allowProcessUpload(processUpload.function, bucket, settings);

    const examineArchiveItem = new DetectorFunction(this, 'ExamineArchiveItem', {
      settings,
      bucket,
      handler: 'examine-archive-item.handler',
      service: 'examine-archive-item',
      timeout: processorTimeout,
    });
    allowArchiveItem(examineArchiveItem.function, bucket, settings);

    const createUpload = new ZipFunction(this, 'CreateUpload', {
      settings,
      name: 'create-upload',
      environment: { ...storage, ...cors },
    });
    allowCreateUpload(createUpload.function, bucket);

    const getDetection = new ZipFunction(this, 'GetDetection', {
      settings,
      name: 'get-detection',
      environment: { ...storage, ...cors },
    });
    allowGetDetection(getDetection.function, bucket);

    const getHealth = new ZipFunction(this, 'GetHealth', { settings, name: 'get-health', environment: cors });
    const getOpenApi = new ZipFunction(this, 'GetOpenApi', {
      settings,
      name: 'get-openapi',
      environment: cors,
    });

    const trigger = new UploadTrigger(this, 'UploadTrigger', {
      settings,
      bucket,
      processor: processUpload.alias,
      processorTimeout,
    });
    const archive = new BatchArchive(this, 'Archive', {
      settings,
      bucket,
      examiner: examineArchiveItem.alias,
    });
    const api = new DetectionApi(this, 'Api', {
      settings,
      detectDeepfake: detectDeepfake.alias,
      createUpload: createUpload.alias,
      getDetection: getDetection.alias,
      getHealth: getHealth.alias,
      getOpenApi: getOpenApi.alias,
    });
    const monitoring = new Monitoring(this, 'Monitoring', {
      settings,
      api: api.api,
      functions: {
        DetectDeepfake: detectDeepfake.alias,
        ProcessUpload: processUpload.alias,
        ExamineArchiveItem: examineArchiveItem.alias,
        CreateUpload: createUpload.alias,
        GetDetection: getDetection.alias,
        ...(api.authorization.authorizerFunction && {
          AuthorizeToken: api.authorization.authorizerFunction.alias,
        }),
      },
      detectorServices: ['detect-deepfake', 'process-upload', 'examine-archive-item'],
      queue: trigger.queue,
      deadLetters: trigger.deadLetters,
      archive: archive.stateMachine,
    });

    const outputs: Record<string, string | undefined> = {
      ApiUrl: api.url,
      ApiKeyId: api.usagePlan?.key.keyId,
      Authorization: settings.authorization,
      BucketName: bucket.bucketName,
      DetectFunction: detectDeepfake.alias.functionArn,
      ArchiveStateMachine: archive.stateMachine.stateMachineArn,
      QueueUrl: trigger.queue.queueUrl,
      DeadLetterQueueUrl: trigger.deadLetters.queueUrl,
      DashboardName: monitoring.dashboard.dashboardName,
      DomainTarget: api.domain?.target,
    };
    for (const [name, value] of Object.entries(outputs)) {
      if (value !== undefined) new CfnOutput(this, name, { value });
    }
  }
}
