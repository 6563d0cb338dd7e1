import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { afterAll } from 'vitest';
import { ServiceStack } from '../../lib/service-stack.ts';
import { readSettings } from '../../lib/settings.ts';

const cdkJson = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8'));

/** CDK's own switches, as the app has them. */
const featureFlags = Object.fromEntries(
  Object.entries(cdkJson.context).filter(([name]) => name.startsWith('@')),
);

const outdir = mkdtempSync(join(tmpdir(), 'synth-test-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

/** The stack for some settings, as the app builds it but without bundling the functions. */
export function createStack(context: Record<string, unknown> = {}): { app: App; stack: ServiceStack } {
  const app = new App({ outdir, context: { ...featureFlags, 'aws:cdk:bundling-stacks': [] } });
  const stack = new ServiceStack(app, readSettings(context));
  return { app, stack };
}

export function synthTemplate(context: Record<string, unknown> = {}): Template {
  return Template.fromStack(createStack(context).stack);
}

/** What cdk-nag finds that is not acknowledged, a line each. */
export function nagFindings(context: Record<string, unknown> = {}): string[] {
  const { app } = createStack(context);
  return [new AwsSolutionsChecks(app), new ServerlessChecks(app)].flatMap((pack) =>
    pack
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingConstructs }) =>
        (violatingConstructs ?? []).map(({ constructPath }) => `${ruleName} ${constructPath}`),
      ),
  );
}

export interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties are free-form
  Properties: Record<string, any>;
  DeletionPolicy?: string;
}

/** All resources of one type. */
export function resourcesOf(template: Template, type: string): Resource[] {
  return Object.values(template.findResources(type)) as Resource[];
}

/** Statements of all policies in the template, with the logical id of the policy they stand in. */
export function policyStatements(
  template: Template,
): { policy: string; effect: string; actions: string[]; resources: unknown[] }[] {
  return Object.entries(template.findResources('AWS::IAM::Policy')).flatMap(([policy, resource]) =>
    resource.Properties.PolicyDocument.Statement.map(
      (statement: { Effect: string; Action: string | string[]; Resource: unknown }) => ({
        policy,
        effect: statement.Effect,
        actions: [statement.Action].flat(),
        resources: [statement.Resource].flat(),
      }),
    ),
  );
}
