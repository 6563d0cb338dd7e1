import { inspect } from 'node:util';
import type { Log } from '../../layers/api/log.ts';

/** One line an event, for a person at a terminal: the time, what happened, then the fields. */
export function createTextLog(stream: NodeJS.WritableStream = process.stderr): Log {
  const write = (message: string, fields: Record<string, unknown> = {}) => {
    const rest = Object.entries(fields).map(([name, value]) => `${name}=${show(value)}`);
    stream.write(`${[new Date().toISOString(), message, ...rest].join(' ')}\n`);
  };
  return { info: write, warn: write, error: write };
}

function show(value: unknown): string {
  return typeof value === 'object' ? inspect(value) : String(value);
}
