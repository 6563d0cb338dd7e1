import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/** A first API key and the plan that limits what its holder may send. */
export class ApiUsagePlan extends Construct {
  readonly key: apigateway.IApiKey;

  constructor(scope: Construct, id: string, api: apigateway.RestApi, settings: Settings) {
    super(scope, id);
    this.key = new apigateway.ApiKey(this, 'Key', { description: `Key of ${settings.stackName}` });
    const plan = new apigateway.UsagePlan(this, 'Plan', {
      apiStages: [{ api, stage: api.deploymentStage }],
      throttle: { rateLimit: settings.throttleRate, burstLimit: settings.throttleBurst },
      ...(settings.monthlyQuota > 0 && {
        quota: { limit: settings.monthlyQuota, period: apigateway.Period.MONTH },
      }),
    });
    plan.addApiKey(this.key);
  }
}
