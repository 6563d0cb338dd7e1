import { Duration } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import type { Settings } from './settings.ts';
import { ZipFunction } from './zip-function.ts';

/** How callers of the API show who they are: what each method that is not public is created with. */
export class ApiAuthorization extends Construct {
  readonly methodOptions: apigateway.MethodOptions;
  /** Verifies tokens; only with authorization=jwt. */
  readonly authorizerFunction?: ZipFunction;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    if (settings.authorization === 'apiKey') {
      this.methodOptions = { apiKeyRequired: true };
    } else if (settings.authorization === 'iam') {
      this.methodOptions = { authorizationType: apigateway.AuthorizationType.IAM };
    } else {
      this.authorizerFunction = new ZipFunction(this, 'AuthorizeToken', {
        settings,
        name: 'authorize-token',
        environment: { JWT_ISSUER: settings.jwtIssuer, JWT_AUDIENCE: settings.jwtAudience },
      });
      this.methodOptions = {
        authorizationType: apigateway.AuthorizationType.CUSTOM,
        authorizer: new apigateway.TokenAuthorizer(this, 'TokenAuthorizer', {
          handler: this.authorizerFunction.alias,
          validationRegex: '^Bearer [-0-9A-Za-z_.]+$',
          resultsCacheTtl: Duration.minutes(5),
        }),
      };
    }
  }
}
