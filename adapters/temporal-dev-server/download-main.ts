/** Process entry: lets the SDK download a server (first argument) into a folder (second argument), at a version (third). */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Runtime } from '@temporalio/worker';

const [kind, downloadDir, version = 'default'] = process.argv.slice(2);
const executable = { type: 'cached-download', downloadDir, version } as const;
const silent = (): void => {};
Runtime.install({
  logger: { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent },
});
try {
  const environment =
    kind === 'time-skipping'
      ? await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } })
      : await TestWorkflowEnvironment.createLocal({ server: { executable, ui: false } });
  await environment.teardown();
} catch (error) {
  console.error((error as Error).message.replaceAll('\n', ' '));
  process.exitCode = 1;
}
