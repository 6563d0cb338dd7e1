import { fileURLToPath } from 'node:url';
import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import { acknowledgeNoDeadLetters } from './acknowledge-no-dead-letters.ts';
import { metricsNamespace } from './detector-function.ts';
import { FunctionLogs } from './function-logs.ts';
import { FunctionRole } from './function-role.ts';
import type { Settings } from './settings.ts';

export interface ZipFunctionProps {
  settings: Settings;
  /** Folder under functions/; also the powertools service dimension. */
  name: string;
  environment?: Record<string, string>;
}

/** A small function without the detector, bundled by the local esbuild. */
export class ZipFunction extends Construct {
  readonly function: NodejsFunction;
  readonly alias: lambda.Alias;

  constructor(scope: Construct, id: string, { settings, name, environment }: ZipFunctionProps) {
    super(scope, id);
    const logs = new FunctionLogs(this, 'Logs', settings);
    this.function = new NodejsFunction(this, 'Function', {
      entry: fileURLToPath(new URL(`../functions/${name}/handler.ts`, import.meta.url)),
      depsLockFilePath: fileURLToPath(new URL('../package-lock.json', import.meta.url)),
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.seconds(10),
      role: new FunctionRole(this, 'Role', logs.group).role,
      logGroup: logs.group,
      loggingFormat: lambda.LoggingFormat.JSON,
      tracing: lambda.Tracing.ACTIVE,
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        minify: true,
        sourceMap: true,
        // The SDK is bundled too: the tests ran against this version, not the one the runtime happens to have.
        bundleAwsSDK: true,
        mainFields: ['module', 'main'],
        // CommonJS dependencies inside an ES module call require.
        banner:
          "import { createRequire as createBundleRequire } from 'node:module';" +
          'const require = createBundleRequire(import.meta.url);',
      },
      environment: {
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_SERVICE_NAME: name,
        POWERTOOLS_METRICS_NAMESPACE: metricsNamespace,
        ...environment,
      },
    });
    acknowledgeNoDeadLetters(this.function);
    this.alias = new lambda.Alias(this, 'Live', {
      aliasName: 'live',
      version: this.function.currentVersion,
    });
  }
}
