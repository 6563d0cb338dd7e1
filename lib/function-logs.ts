import { RemovalPolicy } from 'aws-cdk-lib';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Settings } from './settings.ts';

/** A log group whose entries expire and that goes away with the stack. */
export class FunctionLogs extends Construct {
  readonly group: logs.LogGroup;

  constructor(scope: Construct, id: string, settings: Pick<Settings, 'logRetentionDays'>) {
    super(scope, id);
    this.group = new logs.LogGroup(this, 'Group', {
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}
