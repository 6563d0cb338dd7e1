import { expect, test } from 'vitest';
import { readEnvironment } from '../../functions/environment.ts';

test('reads the named variables and no others', () => {
  const env = readEnvironment(['BUCKET_NAME', 'MAX_UPLOAD_BYTES', 'CORS_ORIGINS'], {
    BUCKET_NAME: 'clips',
    CORS_ORIGINS: 'https://a.example, https://b.example',
    MODELS_DIR: '/models',
  });
  expect(env).toEqual({
    BUCKET_NAME: 'clips',
    MAX_UPLOAD_BYTES: 524_288_000,
    CORS_ORIGINS: ['https://a.example', 'https://b.example'],
  });
});

test('an empty variable is one that is not set', () => {
  expect(readEnvironment(['WEBHOOK_URL', 'FRAMES_SAMPLED'], { WEBHOOK_URL: '', FRAMES_SAMPLED: '' })).toEqual(
    {
      FRAMES_SAMPLED: 32,
    },
  );
});

test('names every variable that is missing or wrong', () => {
  const read = () => readEnvironment(['BUCKET_NAME', 'FRAMES_SAMPLED'], { FRAMES_SAMPLED: 'many' });
  expect(read).toThrow(/BUCKET_NAME[\s\S]*FRAMES_SAMPLED|FRAMES_SAMPLED[\s\S]*BUCKET_NAME/);
});

test('a webhook is called by https only', () => {
  expect(() => readEnvironment(['WEBHOOK_URL'], { WEBHOOK_URL: 'http://example.org' })).toThrow(
    'WEBHOOK_URL',
  );
});
