import { describe, expect, it } from 'vitest';
import { BadUsage } from '../../../bin/common/bad-usage.ts';
import { readDetectOptions } from '../../../bin/detect/options.ts';

describe('readDetectOptions', () => {
  it('reads options, and words for the clips', () => {
    const args = ['a.mp4', '--json', '--include', 'faces,frames', '--frames', '8', 'b.mp4'];

    const { options, words } = readDetectOptions(args, {});

    expect(words).toEqual(['a.mp4', 'b.mp4']);
    expect(options).toMatchObject({ json: true, include: ['faces', 'frames'], frames: 8, concurrency: 2 });
  });

  it('takes the key from the command line, else from the environment', () => {
    const args = ['a.mp4', '--api', 'https://api.example/prod'];
    const env = { DETECT_API_KEY: 'key-of-the-environment' };

    expect(readDetectOptions(args, env).options['api-key']).toBe('key-of-the-environment');
    expect(readDetectOptions([...args, '--api-key', 'given'], env).options['api-key']).toBe('given');
  });

  it.each([
    ['no clip', [], 'Name at least one clip.'],
    ['an unknown option', ['clip.mp4', '--jason'], "Unknown option '--jason'"],
    ['an unknown operating point', ['clip.mp4', '--operating-point', 'fast'], '--operating-point'],
    ['unknown detail', ['clip.mp4', '--json', '--include', 'everything'], '--include'],
    ['detail that is not printed', ['clip.mp4', '--include', 'frames'], '--include goes with --json.'],
    ['a number that is none', ['clip.mp4', '--frames', 'all'], '--frames must be a whole number'],
    ['an address that is none', ['clip.mp4', '--api', 'localhost'], '--api must be an http(s) address'],
    ['a key without an API', ['clip.mp4', '--api-key', 'k'], '--api-key goes with --api.'],
    [
      'two places at once',
      ['clip.mp4', '--api', 'http://localhost', '--function', 'f'],
      'exclude each other',
    ],
    ['frames elsewhere', ['clip.mp4', '--api', 'http://localhost', '--frames', '8'], 'on this machine only'],
  ])('refuses %s, and prints the usage', (_case, args, message) => {
    const read = () => readDetectOptions(args, {});

    expect(read).toThrow(BadUsage);
    expect(read).toThrow(message);
    expect(read).toThrow('Usage: npm run detect');
  });
});
