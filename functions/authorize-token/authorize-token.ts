import type { APIGatewayAuthorizerResult, APIGatewayTokenAuthorizerEvent } from 'aws-lambda';
import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Log } from '../../layers/api/log.ts';

export interface AuthorizeTokenDeps {
  issuer: string;
  audience: string;
  /** The issuer's public keys; asked for once, a failure is asked again. */
  keys: () => Promise<JWTVerifyGetKey>;
  log: Log;
}

export type AuthorizeTokenHandler = (
  event: APIGatewayTokenAuthorizerEvent,
) => Promise<APIGatewayAuthorizerResult>;

/** Signatures with the issuer's private key only: a shared secret or "none" proves nothing here. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/**
 * Lets a request through that carries a valid token of the issuer for the audience.
 * @throws {Error} "Unauthorized", the one word API Gateway turns into 401
 */
export function createAuthorizeTokenHandler(deps: AuthorizeTokenDeps): AuthorizeTokenHandler {
  return async (event) => {
    const token = event.authorizationToken.replace(/^Bearer /, '');
    const keys = await deps.keys();
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: deps.issuer,
        audience: deps.audience,
        algorithms,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: 60,
      });
      return allow(payload.sub!, event.methodArn);
    } catch (error) {
      // Keys that could not be fetched are our trouble, not the caller's: API Gateway answers 500.
      if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) throw error;
      deps.log.info('token refused', { code: error.code });
      throw new Error('Unauthorized');
    }
  };
}

/** For every method of the stage, since API Gateway keeps the answer for the token and asks no more for a while. */
function allow(principalId: string, methodArn: string): APIGatewayAuthorizerResult {
  const [api, stage] = methodArn.split('/');
  return {
    principalId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: `${api}/${stage}/*` }],
    },
  };
}
