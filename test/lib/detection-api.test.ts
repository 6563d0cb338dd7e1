import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { errorTable } from '../../layers/api/errors.ts';
import { routes } from '../../layers/api/routes.ts';
import { type Resource, resourcesOf, synthTemplate } from './synth.ts';

interface Method {
  key: boolean;
  type: string;
}

/** How each method that is not a preflight is authorized, by "METHOD /path". */
function methodsOf(template: Template): Record<string, Method> {
  const parts = template.findResources('AWS::ApiGateway::Resource') as Record<string, Resource>;
  const pathOf = (reference: { Ref?: string }): string => {
    const part = parts[reference.Ref ?? '']?.Properties;
    return part ? `${pathOf(part.ParentId)}/${part.PathPart}` : '';
  };
  const methods = resourcesOf(template, 'AWS::ApiGateway::Method').filter(
    ({ Properties }) => Properties.HttpMethod !== 'OPTIONS',
  );
  return Object.fromEntries(
    methods.map(({ Properties }) => [
      `${Properties.HttpMethod} ${pathOf(Properties.ResourceId)}`,
      { key: Properties.ApiKeyRequired ?? false, type: Properties.AuthorizationType },
    ]),
  );
}

const nobody: Method = { key: false, type: 'NONE' };
const expected = (secured: Method) =>
  Object.fromEntries(
    Object.values(routes).map((route) => [`${route.method} ${route.path}`, route.secured ? secured : nobody]),
  );

describe('the API', () => {
  const template = synthTemplate();

  it('asks for an API key on every route but /health and /openapi.json', () => {
    expect(methodsOf(template)).toEqual(expected({ key: true, type: 'NONE' }));
    expect(Object.values(methodsOf(template)).filter(({ key }) => key)).toHaveLength(3);
  });

  it('asks for IAM instead', () => {
    const iam = synthTemplate({ authorization: 'iam' });

    expect(methodsOf(iam)).toEqual(expected({ key: false, type: 'AWS_IAM' }));
    iam.resourceCountIs('AWS::ApiGateway::ApiKey', 0);
  });

  it('asks for a token instead', () => {
    const jwt = synthTemplate({
      authorization: 'jwt',
      jwtIssuer: 'https://id.example.org/',
      jwtAudience: 'deepfake',
    });

    expect(methodsOf(jwt)).toEqual(expected({ key: false, type: 'CUSTOM' }));
    jwt.hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Type: 'TOKEN',
      IdentitySource: 'method.request.header.Authorization',
    });
    jwt.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({ JWT_ISSUER: 'https://id.example.org/', JWT_AUDIENCE: 'deepfake' }),
      },
    });
  });

  it('is regional and takes only clips as binary', () => {
    template.hasResourceProperties('AWS::ApiGateway::RestApi', {
      EndpointConfiguration: { Types: ['REGIONAL'] },
      BinaryMediaTypes: ['multipart/form-data', 'video/*'],
    });
  });

  it('limits the rate of the stage and of the key', () => {
    const limited = synthTemplate({ throttleRate: 3, throttleBurst: 5, monthlyQuota: 100 });

    limited.hasResourceProperties('AWS::ApiGateway::Stage', {
      MethodSettings: [Match.objectLike({ ThrottlingRateLimit: 3, ThrottlingBurstLimit: 5 })],
    });
    limited.hasResourceProperties('AWS::ApiGateway::UsagePlan', {
      Throttle: { RateLimit: 3, BurstLimit: 5 },
      Quota: { Limit: 100, Period: 'MONTH' },
    });
  });

  it('writes access logs as JSON, with routes but no paths and no addresses', () => {
    const [stage] = resourcesOf(template, 'AWS::ApiGateway::Stage');
    const format = stage!.Properties.AccessLogSetting.Format;

    expect(JSON.parse(format)).toMatchObject({ route: '$context.resourcePath', status: '$context.status' });
    expect(format).not.toMatch(/sourceIp|context\.path|caller/);
  });

  it('calls the live version of each function and waits as long as the function may take', () => {
    const methods = resourcesOf(template, 'AWS::ApiGateway::Method');
    const detector = resourcesOf(template, 'AWS::Lambda::Function').find(
      ({ Properties }) => Properties.ImageConfig?.Command?.[0] === 'detect-deepfake.handler',
    )!;

    for (const { Properties } of methods) {
      expect(JSON.stringify(Properties.Integration.Uri)).toMatch(/Live[0-9A-F]{8}/);
      expect(Properties.Integration.TimeoutInMillis).toBe(29_000);
    }
    expect(detector.Properties.Timeout).toBe(29);
  });

  it('answers its own errors as problem documents of the error table', () => {
    const responses = resourcesOf(template, 'AWS::ApiGateway::GatewayResponse');
    const documents = Object.fromEntries(
      responses.map(({ Properties }) => {
        const text = Properties.ResponseTemplates['application/json'].replace(
          '$context.error.messageString',
          '"message"',
        );
        return [Properties.ResponseType, { ...JSON.parse(text), sent: Properties.StatusCode }];
      }),
    );

    expect(documents.REQUEST_TOO_LARGE).toMatchObject({ code: 'file_too_large', status: 413 });
    expect(documents.INVALID_API_KEY).toMatchObject({ code: 'unauthorized', status: 401 });
    expect(documents.ACCESS_DENIED).toMatchObject({ code: 'forbidden', status: 403 });
    expect(documents.THROTTLED).toMatchObject({ code: 'too_many_requests', status: 429 });
    expect(documents.INTEGRATION_TIMEOUT).toMatchObject({ code: 'deadline_exceeded', status: 504 });
    expect(documents.MISSING_AUTHENTICATION_TOKEN).toMatchObject({ code: 'not_found', status: 404 });
    for (const [type, document] of Object.entries(documents)) {
      const row = errorTable[document.code as keyof typeof errorTable];
      expect(document, type).toMatchObject({
        title: row.title,
        status: row.status,
        sent: String(row.status),
        request_id: '$context.requestId',
      });
    }
    for (const { Properties } of responses) {
      expect(Properties.ResponseParameters['gatewayresponse.header.Content-Type']).toBe(
        "'application/problem+json'",
      );
    }
  });

  it('answers preflights of the configured origins and has none otherwise', () => {
    const preflights = (t: Template) =>
      resourcesOf(t, 'AWS::ApiGateway::Method').filter(
        ({ Properties }) => Properties.HttpMethod === 'OPTIONS',
      );
    const withOrigin = preflights(synthTemplate({ corsOrigins: 'https://app.example.org' }));

    expect(preflights(template)).toEqual([]);
    expect(withOrigin).toHaveLength(Object.keys(routes).length);
    expect(JSON.stringify(withOrigin)).toContain('https://app.example.org');
    expect(JSON.stringify(withOrigin)).not.toContain("'*'");
  });

  it('stands behind a firewall that lets clips through', () => {
    const guarded = synthTemplate({ waf: true, wafRequestsPer5Minutes: 77 });

    guarded.resourceCountIs('AWS::WAFv2::WebACLAssociation', 1);
    guarded.hasResourceProperties('AWS::WAFv2::WebACL', {
      Rules: Match.arrayWith([
        Match.objectLike({ Statement: { RateBasedStatement: Match.objectLike({ Limit: 77 }) } }),
        Match.objectLike({
          Statement: {
            ManagedRuleGroupStatement: Match.objectLike({
              RuleActionOverrides: Match.arrayWith([
                { Name: 'SizeRestrictions_BODY', ActionToUse: { Count: {} } },
              ]),
            }),
          },
        }),
      ]),
    });
    template.resourceCountIs('AWS::WAFv2::WebACL', 0);
  });

  it('can have a domain of its own', () => {
    const named = synthTemplate({
      domainName: 'api.example.org',
      certificateArn: 'arn:aws:acm:eu-central-1:123456789012:certificate/0',
      hostedZoneId: 'Z0123',
    });

    named.hasResourceProperties('AWS::ApiGateway::DomainName', {
      DomainName: 'api.example.org',
      SecurityPolicy: 'TLS_1_2',
    });
    named.hasResourceProperties('AWS::ApiGateway::RestApi', { DisableExecuteApiEndpoint: true });
    named.resourceCountIs('AWS::Route53::RecordSet', 2);
    named.hasOutput('ApiUrl', { Value: 'https://api.example.org' });
  });
});
