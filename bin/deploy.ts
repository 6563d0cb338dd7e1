#!/usr/bin/env node
import { App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { ServiceStack } from '../lib/service-stack.ts';
import { readSettings } from '../lib/settings.ts';
import { SettingsError } from '../lib/settings-error.ts';

/** The CDK app; settings come from cdk.json or `-c name=value`. */
try {
  const app = new App();
  const stack = new ServiceStack(app, readSettings(app.node.getAllContext()));
  Tags.of(stack).add('application', 'deepfake-detection-api');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
