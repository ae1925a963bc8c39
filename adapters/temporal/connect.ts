// Connection to a Temporal server, for those who start incidents and talk to them.

import { Client, Connection } from '@temporalio/client';

export type TemporalClient = {
  readonly client: Client;
  /** Resolves when the server answers; throws otherwise. For readiness checks. */
  ping(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
};

/** Connects to `host:port`; throws with the address when nothing answers there within `timeoutMs`. */
export async function connectTemporal(options: {
  readonly address: string;
  readonly namespace: string;
  readonly timeoutMs?: number;
}): Promise<TemporalClient> {
  const { address, namespace, timeoutMs = 10_000 } = options;
  const connection = await connect(address, timeoutMs);
  return {
    client: new Client({ connection, namespace }),
    async ping(pingMs) {
      await connection.withDeadline(Date.now() + pingMs, () => connection.workflowService.getSystemInfo({}));
    },
    close: () => connection.close(),
  };
}

async function connect(address: string, connectTimeout: number): Promise<Connection> {
  try {
    return await Connection.connect({ address, connectTimeout });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The Temporal server at ${address} does not answer: ${reason}`, { cause: error });
  }
}
