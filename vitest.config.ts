/**
 * Test runner, in three passes of one run: first all ordinary tests, two files at a time; then whole systems that mostly wait,
 * two at a time; then those that tell a story in real time, one after the other with the machine to itself. Every test file is
 * an isolated process, because Temporal's native runtime is one per process; tests of the pure domain share one.
 */
import { configDefaults, defineConfig } from 'vitest/config';

/** They play scenes by the clock, or count processes of the whole machine. */
const inRealTime = ['demo', 'kill', 'model-kill', 'process-ends'].map(
  (name) => `tests/integration/${name}.test.ts`,
);
const exclude = configDefaults.exclude;

/** A limit for a machine that is busy with other things too; waits inside have reasons of their own. */
const wholeSystem = { testTimeout: 240_000, hookTimeout: 120_000, maxConcurrency: 2 };

export default defineConfig({
  test: {
    globalSetup: ['tests/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { requireAssertions: true },
    projects: [
      {
        extends: true,
        test: {
          name: 'domain',
          include: ['tests/domain/**/*.test.ts'],
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/**/*.test.ts'],
          exclude: [...exclude, 'tests/integration/**', 'tests/domain/**', 'tests/image/**'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          exclude: [...exclude, ...inRealTime],
          sequence: { groupOrder: 1 },
          ...wholeSystem,
        },
      },
      {
        extends: true,
        test: {
          name: 'real-time',
          include: inRealTime,
          sequence: { groupOrder: 2 },
          maxWorkers: 1,
          ...wholeSystem,
        },
      },
    ],
  },
});
