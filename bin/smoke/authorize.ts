import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentityProvider } from '@smithy/types';

/** Puts what shows who is calling into a request. */
export type Authorize = (request: Request) => Promise<Request>;

export function withApiKey(key: string): Authorize {
  return async (request) => withHeaders(request, { 'x-api-key': key });
}

export function withToken(token: string): Authorize {
  return async (request) => withHeaders(request, { authorization: `Bearer ${token}` });
}

/** AWS Signature Version 4 for API Gateway. */
export function withSignature(credentials: AwsCredentialIdentityProvider, region: string): Authorize {
  const signer = new SignatureV4({
    credentials,
    region,
    service: 'execute-api',
    sha256: Hash.bind(null, 'sha256'),
  });
  return async (request) => {
    const url = new URL(request.url);
    const body = Buffer.from(await request.clone().arrayBuffer());
    const signed = await signer.sign({
      method: request.method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host, ...Object.fromEntries(request.headers) },
      ...(body.length > 0 && { body }),
    });
    const { host: _, ...headers } = signed.headers;
    return withHeaders(request, headers);
  };
}

function withHeaders(request: Request, headers: Record<string, string>): Request {
  const copy = new Request(request);
  for (const [name, value] of Object.entries(headers)) copy.headers.set(name, value);
  return copy;
}
