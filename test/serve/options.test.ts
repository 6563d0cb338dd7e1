import { expect, test } from 'vitest';
import { readOptions } from '../../bin/serve/options.ts';

test('without options: loopback, port 5000', () => {
  expect(readOptions([], {})).toMatchObject({ host: '127.0.0.1', port: 5000, apiKeys: [] });
});

test('the command line goes before the environment', () => {
  const options = readOptions(['--port', '8000'], { PORT: '9000', API_KEYS: 'first-key,second-key' });
  expect(options).toMatchObject({ port: 8000, apiKeys: ['first-key', 'second-key'] });
});

test.each(['0.0.0.0', '::', '192.168.1.7', 'example.org'])('%s is refused without a key', (host) => {
  expect(() => readOptions(['--host', host], {})).toThrow('--api-key');
  expect(readOptions(['--host', host, '--api-key', 'long-enough'], {})).toMatchObject({ host });
});

test.each(['127.0.0.1', 'localhost', '::1', '127.0.0.2'])('%s needs no key', (host) => {
  expect(readOptions(['--host', host], {})).toMatchObject({ host });
});

test.each([
  [['--port', 'many'], 'port'],
  [['--api-key', 'short'], 'at least 8 characters'],
  [['--colour'], 'Usage'],
  [['--operating-point', 'lenient'], 'operatingPoint'],
])('%j is told as bad usage', (args, told) => {
  expect(() => readOptions(args, {})).toThrow(told);
});

test('--help asks for nothing else', () => {
  expect(readOptions(['--help'], {})).toBeUndefined();
});
