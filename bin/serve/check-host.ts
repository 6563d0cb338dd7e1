import { ApiError } from '../../layers/api/errors.ts';
import { isLoopback } from './options.ts';

/**
 * A server that only this machine may reach answers only to names of this machine: otherwise any web page could
 * point a name of its own at 127.0.0.1 and read the answers (DNS rebinding).
 * @throws {ApiError} `forbidden`
 */
export function checkHost(sent: string | undefined, listeningOn: string): void {
  if (!isLoopback(listeningOn)) return;
  const { hostname = '' } = URL.parse(`http://${sent}`) ?? {};
  if (!isLoopback(hostname.replace(/^\[|\]$/g, ''))) {
    throw new ApiError('forbidden', 'This server answers to localhost only.');
  }
}
