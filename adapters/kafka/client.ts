// The connection to the brokers, and kafkajs' log lines in ours.

import { readFileSync } from 'node:fs';
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';
import { readCompressedBatches } from './compression.ts';

export type KafkaOptions = {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Null: no TLS. `caFile`: certificates to trust instead of the system's. */
  readonly tls: { readonly caFile?: string } | null;
  readonly sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  } | null;
};

export type KafkaLog = {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
};

/** Connects to nothing yet. Throws when `caFile` cannot be read. */
export function createClient({ brokers, clientId, tls, sasl }: KafkaOptions, log: KafkaLog): Kafka {
  const config: KafkaConfig = {
    brokers: [...brokers],
    clientId,
    ssl: tls?.caFile === undefined ? tls !== null : { ca: [readFileSync(tls.caFile, 'utf8')] },
    ...(sasl === null ? {} : { sasl: sasl as SASLOptions }),
    connectionTimeout: 5_000,
    // Outages are waited for by whoever calls; kafkajs' own patience only delays the news.
    retry: { initialRetryTime: 200, maxRetryTime: 2_000, retries: 5 },
    logLevel: logLevel.WARN,
    // Errors of kafkajs are mostly retried: what matters is said by the consumer.
    logCreator: () => (entry) => {
      const { message, error, stack: _stack, timestamp: _timestamp, ...fields } = entry.log;
      log.warn({ kafka: entry.namespace, reason: error, ...fields }, `kafka: ${message}`);
    },
  };
  readCompressedBatches();
  return new Kafka(config);
}
