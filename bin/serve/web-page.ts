import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';

const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/style.css': ['style.css', 'text/css; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
} as const;

const SCRIPTS = ['main', 'api', 'chart', 'describe', 'elements', 'show-result'];

const HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    'media-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

export type SendWebFile = (pathname: string, response: ServerResponse) => boolean;

/** The web page's files, read once. The returned function answers when the path is one of theirs. */
export function loadWebPage(dir: URL): SendWebFile {
  const files = new Map<string, { body: Buffer; type: string }>();
  for (const [path, [name, type]] of Object.entries(FILES)) {
    files.set(path, { body: readFileSync(new URL(name, dir)), type });
  }
  for (const name of SCRIPTS) {
    files.set(`/${name}.js`, {
      body: readFileSync(new URL(`${name}.js`, dir)),
      type: 'text/javascript; charset=utf-8',
    });
  }
  return (pathname, response) => {
    const file = files.get(pathname);
    if (!file) return false;
    response.writeHead(200, { ...HEADERS, 'content-type': file.type, 'content-length': file.body.length });
    response.end(response.req.method === 'HEAD' ? undefined : file.body);
    return true;
  };
}
