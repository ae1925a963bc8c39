/** `npm run test:image`: the image is built and started for real, and so is the compose file. Needs a Docker engine, and minutes. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/image/**/*.test.ts'],
    globalSetup: ['tests/image/support/build-image.ts'],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 900_000,
    expect: { requireAssertions: true, poll: { timeout: 60_000 } },
  },
});
