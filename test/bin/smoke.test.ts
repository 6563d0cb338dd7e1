import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withApiKey } from '../../bin/smoke/authorize.ts';
import { checks, type Target } from '../../bin/smoke/checks.ts';
import { makeClip } from '../../bin/smoke/make-clip.ts';
import { startTestServer, type TestServer } from '../support/start-test-server.ts';

const KEY = 'a-key-of-the-smoke-test-0123456789';

describe('the smoke test', () => {
  let server: TestServer;
  let target: Target;
  beforeAll(async () => {
    server = await startTestServer({ apiKeys: [KEY], maxClipBytes: 4_400_000 });
    target = {
      url: server.url.replace(/\/$/, ''),
      authorize: withApiKey(KEY),
      clip: await makeClip(process.env),
    };
  });
  afterAll(() => server.close());

  test.each(checks)(
    'passes against a service that works: $name',
    async ({ run }) => {
      await run(target);
    },
    150_000,
  );

  test('fails where credentials are refused', async () => {
    const wrong = { ...target, authorize: withApiKey('another key') };

    const failures = await Promise.allSettled(checks.map(({ run }) => run(wrong)));

    // Health, OpenAPI and the refusal itself need no key.
    expect(failures.filter(({ status }) => status === 'rejected')).toHaveLength(checks.length - 3);
  });
});
