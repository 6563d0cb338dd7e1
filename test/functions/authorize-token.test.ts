import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayTokenAuthorizerEvent } from 'aws-lambda';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type AuthorizeTokenHandler,
  createAuthorizeTokenHandler,
} from '../../functions/authorize-token/authorize-token.ts';
import { discoverKeys } from '../../functions/authorize-token/discover-keys.ts';

const AUDIENCE = 'deepfake';
const log = { info() {}, warn() {}, error() {} };

/** An OpenID Connect issuer on this machine: its discovery document and its keys. */
async function startIssuer() {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'ES256' };
  const server = createServer((request, response) => {
    const documents: Record<string, unknown> = {
      '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/keys` },
      '/keys': { keys: [jwk] },
    };
    const document = documents[request.url ?? ''];
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, privateKey, close: () => new Promise((resolve) => server.close(resolve)) };
}

type Issuer = Awaited<ReturnType<typeof startIssuer>>;

describe('authorize-token', () => {
  let issuer: Issuer;
  let handler: AuthorizeTokenHandler;
  beforeAll(async () => {
    issuer = await startIssuer();
    handler = createAuthorizeTokenHandler({
      issuer: issuer.url,
      audience: AUDIENCE,
      keys: () => discoverKeys(issuer.url),
      log,
    });
  });
  afterAll(() => issuer.close());

  function sign(claims: JWTPayload = {}, key = issuer.privateKey): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ iss: issuer.url, aud: AUDIENCE, sub: 'client-7', exp: now + 300, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'key-1' })
      .sign(key);
  }

  function call(token: string) {
    const event: APIGatewayTokenAuthorizerEvent = {
      type: 'TOKEN',
      authorizationToken: `Bearer ${token}`,
      methodArn: 'arn:aws:execute-api:eu-central-1:123456789012:api1/v1/POST/detect_deepfake',
    };
    return handler(event);
  }

  test('lets a valid token through to every method of the stage', async () => {
    const result = await call(await sign());

    expect(result).toEqual({
      principalId: 'client-7',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Action: 'execute-api:Invoke',
            Effect: 'Allow',
            Resource: 'arn:aws:execute-api:eu-central-1:123456789012:api1/v1/*',
          },
        ],
      },
    });
  });

  test.each<[string, JWTPayload]>([
    ['of another issuer', { iss: 'https://other.example' }],
    ['for another audience', { aud: 'other' }],
    ['that has expired', { exp: 1 }],
    ['that never expires', { exp: undefined as never }],
    ['of nobody', { sub: undefined as never }],
    ['that is not valid yet', { nbf: 4_000_000_000 }],
  ])('refuses a token %s', async (_, claims) => {
    const token = await sign(claims);

    await expect(call(token)).rejects.toThrow(/^Unauthorized$/);
  });

  test('refuses a token signed with another key', async () => {
    const { privateKey } = await generateKeyPair('ES256');

    await expect(call(await sign({}, privateKey))).rejects.toThrow(/^Unauthorized$/);
  });

  test('refuses a token without a signature and one signed with a shared secret', async () => {
    const payload = (await sign()).split('.')[1];
    const header = Buffer.from('{"alg":"none"}').toString('base64url');
    const shared = await new SignJWT({ iss: issuer.url, aud: AUDIENCE, sub: 'x' })
      .setProtectedHeader({ alg: 'HS256', kid: 'key-1' })
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode('a secret of at least thirty-two bytes'));

    await expect(call(`${header}.${payload}.`)).rejects.toThrow(/^Unauthorized$/);
    await expect(call(shared)).rejects.toThrow(/^Unauthorized$/);
    await expect(call('not-a-token')).rejects.toThrow(/^Unauthorized$/);
  });

  test('tells an issuer that cannot be reached from a token that is wrong', async () => {
    const broken = createAuthorizeTokenHandler({
      issuer: issuer.url,
      audience: AUDIENCE,
      keys: () => discoverKeys(`${issuer.url}/elsewhere`),
      log,
    });
    const event = {
      type: 'TOKEN',
      authorizationToken: `Bearer ${await sign()}`,
      methodArn: 'a/b/c',
    } as const;

    await expect(broken(event)).rejects.toThrow('answered 404');
  });
});
