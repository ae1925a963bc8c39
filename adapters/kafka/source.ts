// Kafka as a way in, for as long as the process lives: connects when the brokers can be reached, and again after they
// could not.

import { setTimeout as pause } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import type { DeadLetters, OpenWorker } from '../../ingest/kafka/ports.ts';
import { createClient, type KafkaLog, type KafkaOptions } from './client.ts';
import { readCommitted, servicesOf } from './committed.ts';
import { type ConsumerDeps, type RunningConsumer, startConsumer } from './consumer.ts';
import { createDeadLetters } from './dead-letters.ts';
import { LagGauge, measureGroupLag } from './lag.ts';

export type SourceOptions = KafkaOptions & {
  readonly groupId: string;
  readonly deadLetterTopic: string;
};

export type KafkaSource = {
  readonly deadLetters: DeadLetters;
  /** Services whose telemetry comes over these topics, by environment; null when the brokers cannot be asked now. */
  knownServices(topics: readonly string[]): Promise<ReadonlyMap<string, readonly string[]> | null>;
  /** Reads the topics from now on, those in `together` as a whole in one process of the group; returns at once. */
  start(topics: Topics, together?: readonly string[]): void;
  /** Null while the topics are read; else what keeps them from it. */
  problem(): string | null;
  stop(): Promise<void>;
};

type Topics = Readonly<Record<string, OpenWorker>>;

/** After a failure; doubled with every further one, as long as none of the readings between them lasted. */
const firstRetryMs = 1_000;
const maxRetryMs = 60_000;
const lastedMs = 60_000;

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
  let trouble: string | null = null;
  const lag = new LagGauge(metrics.gauge.bind(metrics));
  const stopping = new Promise<null>((resolve) => {
    stopped.signal.addEventListener('abort', () => resolve(null), { once: true });
  });

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

  /** Reads until the end of the process. Whatever ends a consumer, another one is started. */
  async function run(topics: Topics, together: readonly string[]): Promise<void> {
    let failures = 0;
    while (!stopped.signal.aborted) {
      const sinceMs = performance.now();
      const error = await readOnce(topics, together).catch((reason: unknown) => reason);
      if (error === null) return;
      failures = performance.now() - sinceMs > lastedMs ? 1 : failures + 1;
      trouble = error instanceof Error ? error.message : String(error);
      const againMs = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(failures - 1, 10));
      metrics.count('sentinel_kafka_restarts_total', {});
      log.error(
        { err: error, brokers: options.brokers, againMs },
        'kafka: cannot read the topics; will try again',
      );
      await reportGroupLag(Object.keys(topics));
      await pause(againMs, undefined, { signal: stopped.signal }).catch(() => {});
    }
  }

  /** What ended it; null when it was asked to stop. Throws when it could not begin. */
  async function readOnce(topics: Topics, together: readonly string[]): Promise<Error | null> {
    const started = await startConsumer({
      kafka,
      admin: await connectedAdmin(),
      groupId,
      topics,
      together,
      metrics,
      lag,
      log,
    });
    consumer = started;
    const error = await Promise.race([started.ended, stopping]);
    if (error === null) return null;
    consumer = null;
    await started.stop().catch((reason: unknown) => {
      log.warn({ err: reason }, 'kafka: could not leave the group in order');
    });
    return error;
  }

  /** Nobody reads: the records that wait are still counted. */
  async function reportGroupLag(topics: readonly string[]): Promise<void> {
    try {
      await measureGroupLag(await connectedAdmin(), groupId, topics, (...one) => lag.set(...one));
    } catch (error) {
      log.warn({ err: error }, 'kafka: the brokers cannot be asked how many records wait');
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
    start(topics, together = []) {
      running = run(topics, together);
    },
    problem: () => (consumer === null ? (trouble ?? 'not connected yet') : consumer.problem()),
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
