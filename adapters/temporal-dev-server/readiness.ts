/** Ready means: the server answers calls, the namespace is there, and so are the search attributes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { isListening } from './ports.ts';

const POLL_MS = 20;

export interface Expected {
  readonly address: string;
  readonly namespace: string;
  readonly searchAttributes: readonly string[];
}

/** Undefined when everything expected is there, otherwise what is missing. */
async function missing({ address, namespace, searchAttributes }: Expected): Promise<string | undefined> {
  // gRPC waits a whole second after a refused attempt: knock first.
  if (!(await isListening(address))) return `nothing listens on ${address}`;
  const connection = await Connection.connect({ address, connectTimeout: 5_000 });
  try {
    return await connection.withDeadline(Date.now() + 10_000, async () => {
      await connection.workflowService.describeNamespace({ namespace });
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
      const absent = searchAttributes.filter((name) => customAttributes?.[name] === undefined);
      return absent.length === 0 ? undefined : `search attributes ${absent.join(', ')} are not registered`;
    });
  } finally {
    await connection.close();
  }
}

/** Polls until ready; gives what was still wrong when the time is over or `goOn` says that waiting is useless. */
export async function waitUntilReady(
  expected: Expected,
  timeoutMs: number,
  goOn: () => Promise<boolean>,
): Promise<{ ready: true } | { ready: false; why: string }> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const why = await missing(expected).catch((error: Error) => error.message);
    if (why === undefined) return { ready: true };
    if (performance.now() > deadline || !(await goOn())) return { ready: false, why };
    await sleep(POLL_MS);
  }
}
