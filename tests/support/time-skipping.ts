/** Workflows under a clock that skips: sleeping a day takes milliseconds. */
import type { DataConverter } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { component, describeWith } from './component.ts';
import type { TimeSkippingInfo } from './components/time-skipping.ts';

/**
 * A test server of its own, because its clock is shared by everything on it; call `teardown()` at the end. The clock skips
 * while the environment's own client waits for a result: no other client makes it.
 */
export async function createTimeSkippingEnvironment(
  dataConverter?: DataConverter,
): Promise<TestWorkflowEnvironment> {
  const { executable } = await component<TimeSkippingInfo>('time-skipping');
  return TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: executable } },
    ...(dataConverter === undefined ? {} : { client: { dataConverter } }),
  });
}

/** `describe` for tests that call `createTimeSkippingEnvironment`. Await it at the top level. */
export function describeWithTimeSkipping(title: string, tests: () => void): Promise<void> {
  return describeWith<TimeSkippingInfo>('time-skipping', title, () => tests());
}
