/** The real Temporal server for tests: one server per run, a namespace of its own per use. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { onTestFinished } from 'vitest';
import { connectTemporal, type TemporalClient } from '../../adapters/temporal/connect.ts';
import { unprotected } from '../../adapters/temporal/security.ts';
import { component } from './component.ts';
import type { TemporalInfo } from './components/temporal.ts';
import { testPayloads } from './payloads.ts';

const READY_MS = 20_000;
/** `INDEXED_VALUE_TYPE_KEYWORD` of the protocol. */
const KEYWORD = 2;

export interface TestNamespace {
  readonly address: string;
  readonly namespace: string;
  /** Of the Web UI, while the run lasts. */
  readonly uiUrl: string;
}

/**
 * A namespace nobody else uses, so that workflow ids made from data cannot meet those of another test file.
 * `searchAttributes` are registered in it as keywords.
 */
export async function freshNamespace(searchAttributes: readonly string[] = []): Promise<TestNamespace> {
  const { address, uiUrl } = await component<TemporalInfo>('temporal');
  const namespace = `test-${randomUUID()}`;
  const connection = await Connection.connect({ address });
  const { workflowService, operatorService } = connection;
  const attributes = Object.fromEntries(searchAttributes.map((name) => [name, KEYWORD]));
  const query = searchAttributes.map((name) => `${name} = "none"`).join(' AND ');
  try {
    await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: msToTs('1 day') });
    // The server's parts learn of the namespace one after the other, each within a second or so.
    await untilItWorks(() => workflowService.describeNamespace({ namespace }));
    if (searchAttributes.length > 0) {
      await untilItWorks(() =>
        operatorService.addSearchAttributes({ namespace, searchAttributes: attributes }),
      );
    }
    await untilItWorks(() => workflowService.listWorkflowExecutions({ namespace, query }));
  } finally {
    await connection.close();
  }
  return { address, namespace, uiUrl };
}

async function untilItWorks(call: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    try {
      await call();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

/** Sentinel's client of a namespace, for the length of a test. */
export async function connectedTo({
  address,
  namespace,
}: Pick<TestNamespace, 'address' | 'namespace'>): Promise<TemporalClient> {
  const temporal = await connectTemporal({
    address,
    namespace,
    payloads: testPayloads(),
    security: unprotected,
  });
  onTestFinished(() => temporal.close());
  return temporal;
}
