/**
 * Test runner, in three passes. First everything that depends on no clock: more files at once than there are
 * processors, because whole systems mostly wait; those come first, and what only computes fills the gaps. Then the practice
 * system, whose answers take as long as the machine lets them. Last the demo. `npm test` runs the first pass behind the
 * other two, at a lower priority; see scripts/test.ts. Files share processes, and what those have loaded and compiled,
 * unless the process itself is what they are about.
 */
import { configDefaults, defineConfig } from 'vitest/config';

const all = 'tests/**/*.test.ts';
/** No server, no process, nothing global: what one of these files does no other can notice. */
const pure = ['domain', 'config', 'ingest'].map((folder) => `tests/${folder}/**/*.test.ts`);
/** Objects and databases that each file makes for itself. Loading them, PGlite most of all, costs more than many of the tests. */
const adapters = ['email', 'lab', 'mock', 'pagerduty', 'postgres', 'slack', 'webhook'];
const own = ['api', 'activities', ...adapters.map((name) => `adapters/${name}`)].map(
  (folder) => `tests/${folder}/**/*.test.ts`,
);
/** What these change, or measure, is of their process: what it resolves or loads, its environment, its engine, its codecs, its delays. */
const alone = [
  'adapters/docker/executor',
  'adapters/kubernetes/owners/owners',
  'adapters/kubernetes/watch/paused',
  'adapters/http/guarded-*',
  'adapters/clickhouse/history',
  'adapters/kafka/compression',
  'adapters/temporal-dev-server/*',
  'app/lifecycle/own-lag',
  'app/worker/bundle',
].map((name) => `tests/${name}.test.ts`);
/** Real engines and clouds, which take their time: begun first, so that nothing waits for them alone at the end. */
const vendors = ['aws', 'docker', 'kubernetes'].map((folder) => `tests/adapters/${folder}/**/*.test.ts`);
const wholeSystems = 'tests/integration/**/*.test.ts';
/** Real processes with real faults: what is slow or silent is judged by the clock. */
const practiceSystem = 'tests/lab/**/*.test.ts';
/** A story told in real time, as a new user sees it. */
const demo = 'tests/integration/demo.test.ts';
const { exclude } = configDefaults;

/** Tests of one file that start whole systems. */
const pairs = { maxConcurrency: 2 };

const first = { maxWorkers: 5, sequence: { groupOrder: 0 } };

export default defineConfig({
  test: {
    globalSetup: ['tests/support/global-setup.ts'],
    pool: 'forks',
    // To compile the embedded database well pays off after minutes: no file lasts so long.
    execArgv: ['--liftoff-only'],
    // A limit for a machine that is busy with other things too; waits inside have reasons of their own.
    testTimeout: 240_000,
    hookTimeout: 120_000,
    // How long something is waited for that has to come: on a busy machine a second passes between any two lines.
    expect: { requireAssertions: true, poll: { timeout: 60_000 } },
    // Within a pass projects start in the order of their names: what only computes is last, and fills what the others leave.
    projects: [
      {
        extends: true,
        test: {
          name: 'integration',
          include: [wholeSystems],
          exclude: [...exclude, demo],
          ...first,
          ...pairs,
        },
      },
      { extends: true, test: { name: 'alone', include: alone, ...first } },
      {
        extends: true,
        test: {
          name: 'executors',
          include: vendors,
          exclude: [...exclude, ...alone],
          isolate: false,
          ...first,
        },
      },
      { extends: true, test: { name: 'pure', include: pure, isolate: false, ...first } },
      { extends: true, test: { name: 'shared', include: own, isolate: false, ...first } },
      {
        extends: true,
        test: {
          name: 'parts',
          include: [all],
          exclude: [
            ...exclude,
            ...[wholeSystems, practiceSystem, 'tests/image/**'],
            ...[...pure, ...own, ...vendors, ...alone],
          ],
          isolate: false,
          ...first,
        },
      },
      {
        extends: true,
        test: { name: 'lab', include: [practiceSystem], maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: { name: 'real-time', include: [demo], maxWorkers: 1, sequence: { groupOrder: 2 }, ...pairs },
      },
    ],
  },
});
