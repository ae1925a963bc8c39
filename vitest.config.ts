/**
 * Test runner, in two passes of one run: first all ordinary tests, two files at a time; then tests/integration, where
 * whole systems run in real time, one file after the other with the machine to itself. Every test file is an isolated
 * process, because Temporal's native runtime is one per process.
 */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['tests/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    expect: { requireAssertions: true },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/integration/**'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
          // A limit for a machine that is busy with other things too; waits inside have reasons of their own.
          testTimeout: 240_000,
          hookTimeout: 120_000,
          maxConcurrency: 2,
        },
      },
    ],
  },
});
