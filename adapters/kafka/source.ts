// Kafka as a way in, for as long as the process lives: connects when the brokers can be reached, and again after they
// could not.

import { setTimeout as pause } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import type { DeadLetters, OpenWorker } from '../../ingest/kafka/ports.ts';
import { createClient, type KafkaLog, type KafkaOptions } from './client.ts';
import { readCommitted, servicesOf } from './committed.ts';
import { type ConsumerDeps, type RunningConsumer, startConsumer } from './consumer.ts';
import { createDeadLetters } from './dead-letters.ts';

export type SourceOptions = KafkaOptions & {
  readonly groupId: string;
  readonly deadLetterTopic: string;
};

export type KafkaSource = {
  readonly deadLetters: DeadLetters;
  /** Services whose telemetry comes over these topics, by environment; null when the brokers cannot be asked now. */
  knownServices(topics: readonly string[]): Promise<ReadonlyMap<string, readonly string[]> | null>;
  /** Reads the topics from now on; returns at once. */
  start(topics: Readonly<Record<string, OpenWorker>>): void;
  healthy(): boolean;
  stop(): Promise<void>;
};

const retryMs = 3_000;

export function createKafkaSource(
  options: SourceOptions,
  { log, metrics }: { readonly log: KafkaLog; readonly metrics: ConsumerDeps['metrics'] },
): KafkaSource {
  const { groupId, deadLetterTopic } = options;
  const kafka: Kafka = createClient(options, log);
  const deadLetters = createDeadLetters(kafka, deadLetterTopic);
  const stopped = new AbortController();
  let admin: Promise<Admin> | null = null;
  let consumer: RunningConsumer | null = null;
  let running: Promise<void> = Promise.resolve();

  function connectedAdmin(): Promise<Admin> {
    admin ??= connectAdmin().catch((error: unknown) => {
      admin = null;
      throw error;
    });
    return admin;
  }

  async function connectAdmin(): Promise<Admin> {
    const created = kafka.admin();
    await created.connect();
    return created;
  }

  async function run(topics: Readonly<Record<string, OpenWorker>>): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        consumer = await startConsumer({
          kafka,
          admin: await connectedAdmin(),
          groupId,
          topics,
          metrics,
          log,
        });
        return;
      } catch (error) {
        log.error({ err: error, brokers: options.brokers }, 'kafka: cannot read the topics; will try again');
      }
      await pause(retryMs, undefined, { signal: stopped.signal }).catch(() => {});
    }
  }

  return {
    deadLetters,
    async knownServices(topics) {
      try {
        return servicesOf(await readCommitted(await connectedAdmin(), groupId, topics));
      } catch (error) {
        log.warn({ err: error }, 'kafka: the brokers cannot be asked which services they carry');
        return null;
      }
    },
    start(topics) {
      running = run(topics);
    },
    healthy: () => consumer?.healthy() ?? false,
    async stop() {
      stopped.abort();
      await running;
      await consumer?.stop();
      await deadLetters.close();
      const open = await admin?.catch(() => null);
      await open?.disconnect();
    },
  };
}
