/** Process entry: lets the SDK download its time-skipping server into a folder (first argument); the SDK knows the version. */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Runtime } from '@temporalio/worker';

const [downloadDir] = process.argv.slice(2);
const executable = { type: 'cached-download', downloadDir, version: 'default' } as const;
const silent = (): void => {};
Runtime.install({
  logger: { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent },
});
try {
  const environment = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
  await environment.teardown();
} catch (error) {
  console.error((error as Error).message.replaceAll('\n', ' '));
  process.exitCode = 1;
}
