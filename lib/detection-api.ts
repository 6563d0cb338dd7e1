import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type Route, type RouteName, routes } from '../layers/api/routes.ts';
import { ApiAuthorization } from './api-authorization.ts';
import { ApiDomain } from './api-domain.ts';
import { ApiFirewall } from './api-firewall.ts';
import { ApiUsagePlan } from './api-usage-plan.ts';
import { ProblemResponses } from './problem-responses.ts';
import type { Settings } from './settings.ts';

/** The function behind each route. */
export type DetectionApiProps = { settings: Settings } & Record<RouteName, IFunction>;

/** When API Gateway stops waiting for a function; the default limit of every account. */
export const gatewayTimeout = Duration.seconds(29);

/** The regional REST API in front of the functions. */
export class DetectionApi extends Construct {
  readonly api: apigateway.RestApi;
  /** Without a slash at the end. */
  readonly url: string;
  readonly usagePlan?: ApiUsagePlan;
  readonly authorization: ApiAuthorization;
  readonly domain?: ApiDomain;

  constructor(scope: Construct, id: string, props: DetectionApiProps) {
    super(scope, id);
    const { settings } = props;
    const accessLogs = new logs.LogGroup(this, 'AccessLogs', {
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.api = new apigateway.RestApi(this, 'Api', {
      restApiName: settings.stackName,
      description: 'Tells whether the face in a short video clip was forged',
      endpointConfiguration: { types: [apigateway.EndpointType.REGIONAL] },
      // Only what carries clips; JSON stays text.
      binaryMediaTypes: ['multipart/form-data', 'video/*'],
      disableExecuteApiEndpoint: settings.domainName !== '',
      cloudWatchRole: settings.apiGatewayLogRole,
      ...(settings.apiGatewayLogRole && { cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN }),
      deployOptions: {
        stageName: 'v1',
        tracingEnabled: true,
        throttlingRateLimit: settings.throttleRate,
        throttlingBurstLimit: settings.throttleBurst,
        metricsEnabled: true,
        loggingLevel: apigateway.MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        accessLogDestination: new apigateway.LogGroupLogDestination(accessLogs),
        // The route, not the path: whoever knows an upload's id may read its result. No addresses of callers.
        accessLogFormat: apigateway.AccessLogFormat.custom(
          JSON.stringify({
            request_id: apigateway.AccessLogField.contextRequestId(),
            time: apigateway.AccessLogField.contextRequestTime(),
            method: apigateway.AccessLogField.contextHttpMethod(),
            route: apigateway.AccessLogField.contextResourcePath(),
            status: apigateway.AccessLogField.contextStatus(),
            bytes_out: apigateway.AccessLogField.contextResponseLength(),
            latency_ms: apigateway.AccessLogField.contextResponseLatency(),
            function_ms: apigateway.AccessLogField.contextIntegrationLatency(),
            error: apigateway.AccessLogField.contextErrorResponseType(),
            api_key_id: '$context.identity.apiKeyId',
          }),
        ),
      },
    });
    if (settings.apiGatewayLogRole) this.acknowledgeLogRole();
    this.authorization = new ApiAuthorization(this, 'Authorization', settings);
    this.addRoutes(props);
    if (settings.corsOrigins.length > 0) this.addCors(settings.corsOrigins);
    new ProblemResponses(this, 'Problems', this.api, settings);

    if (settings.authorization === 'apiKey') {
      this.usagePlan = new ApiUsagePlan(this, 'UsagePlan', this.api, settings);
    }
    if (settings.waf) {
      new ApiFirewall(this, 'Firewall', this.api, settings);
    } else {
      Validations.of(this.api).acknowledge({
        id: 'AwsSolutions-APIG3',
        reason: 'AWS WAF costs a fixed sum a month; it is there with the setting waf=true.',
      });
    }
    if (settings.domainName !== '') this.domain = new ApiDomain(this, 'Domain', this.api, settings);
    this.url = this.domain ? `https://${settings.domainName}` : this.api.url.replace(/\/$/, '');
  }

  private addRoutes(props: DetectionApiProps): void {
    const requestValidator = this.api.addRequestValidator('Validator', {
      validateRequestBody: true,
      validateRequestParameters: true,
    });
    for (const [name, { method, path, secured }] of Object.entries(routes) as [RouteName, Route][]) {
      const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      const added = this.api.root
        .resourceForPath(path)
        .addMethod(method, new apigateway.LambdaIntegration(props[name], integration), {
          requestValidator,
          requestParameters: Object.fromEntries(
            parameters.map((parameter) => [`method.request.path.${parameter}`, true]),
          ),
          ...(secured && this.authorization.methodOptions),
        });
      acknowledgeAuthorization(added, secured ? props.settings.authorization : 'open');
    }
  }

  private addCors(origins: string[]): void {
    const resources = this.api.node.findAll().filter((node) => node instanceof apigateway.Resource);
    for (const resource of resources.filter(({ node }) =>
      node.children.some((c) => c instanceof apigateway.Method),
    )) {
      resource.addCorsPreflight({
        allowOrigins: origins,
        allowMethods: ['GET', 'POST'],
        allowHeaders: ['Content-Type', 'X-Api-Key', 'Authorization', 'X-Amz-Date', 'X-Amz-Security-Token'],
        maxAge: Duration.hours(1),
      });
    }
  }

  private acknowledgeLogRole(): void {
    Validations.of(this.api).acknowledge({
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
      reason:
        'The role belongs to API Gateway as a whole, and this policy is the one API Gateway documents for it.',
    });
  }
}

const integration: apigateway.LambdaIntegrationOptions = { timeout: gatewayTimeout, allowTestInvoke: false };

function acknowledgeAuthorization(method: apigateway.Method, kind: Settings['authorization'] | 'open'): void {
  const reason = {
    open: 'Says only that the API is up and what it looks like; throttled.',
    apiKey: 'An API key is required, with a usage plan; the setting authorization offers IAM and tokens.',
    iam: 'Authorization is by IAM.',
    jwt: 'Authorization is by the tokens of any OpenID Connect issuer, not only of Cognito.',
  }[kind];
  Validations.of(method).acknowledge({ id: 'AwsSolutions-COG4', reason });
  if (kind === 'open' || kind === 'apiKey') {
    Validations.of(method).acknowledge({ id: 'AwsSolutions-APIG4', reason });
  }
}
