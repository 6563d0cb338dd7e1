import { defineConfig } from 'vitest/config';

/** Started by run.sh, which builds the image first. */
export default defineConfig({
  test: {
    include: ['test/image/*.spec.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    fileParallelism: false,
    disableConsoleIntercept: true,
  },
});
