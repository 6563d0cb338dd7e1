import { readEnvironment } from '../environment.ts';
import { createLog } from '../powertools.ts';
import { createAuthorizeTokenHandler } from './authorize-token.ts';
import { discoverKeys } from './discover-keys.ts';

const env = readEnvironment(['JWT_ISSUER', 'JWT_AUDIENCE']);
let keys: ReturnType<typeof discoverKeys> | undefined;

export const handler = createAuthorizeTokenHandler({
  issuer: env.JWT_ISSUER,
  audience: env.JWT_AUDIENCE,
  keys: () => {
    keys ??= discoverKeys(env.JWT_ISSUER).catch((error) => {
      keys = undefined;
      throw error;
    });
    return keys;
  },
  log: createLog('authorize-token'),
});
