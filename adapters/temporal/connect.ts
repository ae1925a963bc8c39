// Connection to a Temporal server, for those who start incidents and talk to them.

import { Client, Connection } from '@temporalio/client';
import type { PayloadProtection } from './payloads/codec.ts';
import { dataConverterOf } from './payloads/data-converter.ts';
import {
  ensureSearchAttributes,
  type Looked,
  missingSearchAttributes,
  type Registration,
} from './search-attributes.ts';
import { securityOptions, type TemporalSecurity } from './security.ts';

export type TemporalClient = {
  readonly client: Client;
  /** Resolves when the server answers; throws otherwise. For readiness checks. */
  ping(timeoutMs: number): Promise<void>;
  /** Makes sure that the namespace has these, as keywords; throws with what to do when that is refused. */
  ensureSearchAttributes(names: readonly string[]): Promise<Registration>;
  close(): Promise<void>;
};

/** A server learns new attributes within twenty seconds; one that hangs is not waited for. */
const registrationMs = 30_000;
const lookMs = 5_000;

/** Connects to `host:port`; throws with the address when nothing answers there within `timeoutMs`. */
export async function connectTemporal(options: {
  readonly address: string;
  readonly namespace: string;
  readonly payloads: PayloadProtection;
  readonly timeoutMs?: number;
  /** No default: whoever leaves it out would talk in clear text, and nobody would notice. */
  readonly security: TemporalSecurity;
}): Promise<TemporalClient> {
  const { address, namespace, payloads, timeoutMs = 10_000, security } = options;
  const connection = await connect(address, timeoutMs, security);
  return {
    client: new Client({ connection, namespace, dataConverter: dataConverterOf(payloads, 'client') }),
    async ping(pingMs) {
      await connection.withDeadline(Date.now() + pingMs, () => connection.workflowService.getSystemInfo({}));
    },
    ensureSearchAttributes: (names) =>
      connection.withDeadline(Date.now() + registrationMs, () =>
        ensureSearchAttributes(connection, namespace, names),
      ),
    close: () => connection.close(),
  };
}

/** Which of these a server does not have, without changing anything there. Throws when it does not answer. */
export async function searchAttributesMissingAt(
  { address, namespace, security }: { address: string; namespace: string; security: TemporalSecurity },
  names: readonly string[],
): Promise<Looked> {
  const connection = await connect(address, lookMs, security);
  try {
    return await connection.withDeadline(Date.now() + lookMs, () =>
      missingSearchAttributes(connection, namespace, names),
    );
  } finally {
    await connection.close();
  }
}

async function connect(
  address: string,
  connectTimeout: number,
  security: TemporalSecurity,
): Promise<Connection> {
  const protection = securityOptions(security);
  try {
    return await Connection.connect({ address, connectTimeout, ...protection });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The Temporal server at ${address} does not answer: ${reason}`, { cause: error });
  }
}
