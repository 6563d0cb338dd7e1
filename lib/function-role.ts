import { Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

/**
 * A role that may write one log group and nothing else, in place of the managed policy that CDK attaches
 * by default and that allows every log group of the account.
 */
export class FunctionRole extends Construct {
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, logGroup: ILogGroup) {
    super(scope, id);
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    });
    logGroup.grantWrite(this.role);
    acknowledgeTracing(this.role);
  }
}

/** X-Ray takes no resources in its policies, so the two actions that tracing needs are allowed on `*`. */
function acknowledgeTracing(role: iam.Role): void {
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'xray:PutTraceSegments and xray:PutTelemetryRecords know no resource-level permissions.',
  });
}
