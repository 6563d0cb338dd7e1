import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';

const TIMEOUT_MS = 4000;

/** What is needed of a discovery document (OpenID Connect Discovery 1.0, section 3). */
const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.url() });

/**
 * The public keys of an OpenID Connect issuer, found through its discovery document; later fetched anew by
 * themselves when a token names a key that is not among them.
 * @throws {Error} when the document cannot be had or is of another issuer
 */
export async function discoverKeys(issuer: string): Promise<JWTVerifyGetKey> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(address, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${address} answered ${response.status}.`);
  const discovery = discoverySchema.parse(await response.json());
  if (discovery.issuer !== issuer) throw new Error(`${address} is of the issuer ${discovery.issuer}.`);
  return createRemoteJWKSet(new URL(discovery.jwks_uri), { timeoutDuration: TIMEOUT_MS });
}
