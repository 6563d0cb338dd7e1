import { ApiError } from '../../layers/api/errors.ts';
import { type RouteName, routes } from '../../layers/api/routes.ts';

export interface RouteMatch {
  name: RouteName;
  pathParameters: Record<string, string> | null;
}

/**
 * The route of a request.
 * @throws {ApiError} `not_found`, `method_not_allowed`
 */
export function matchRoute(method: string, pathname: string): RouteMatch {
  const matches = (Object.keys(routes) as RouteName[]).flatMap((name) => {
    const pathParameters = matchPath(routes[name].path, pathname);
    return pathParameters ? [{ name, pathParameters }] : [];
  });
  if (matches.length === 0) throw new ApiError('not_found', 'The API has no such address.');
  const match = matches.find(({ name }) => routes[name].method === method);
  if (!match) {
    const allow = matches.map(({ name }) => routes[name].method).join(', ');
    throw new ApiError('method_not_allowed', `This address takes ${allow} only.`, { headers: { allow } });
  }
  const { name, pathParameters } = match;
  return { name, pathParameters: Object.keys(pathParameters).length > 0 ? pathParameters : null };
}

function matchPath(template: string, pathname: string): Record<string, string> | undefined {
  const wanted = template.split('/');
  const given = pathname.split('/');
  if (wanted.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index]!;
    if (segment.startsWith('{')) parameters[segment.slice(1, -1)] = value;
    else if (segment !== value) return undefined;
  }
  return parameters;
}
