// Kafka beside the HTTP ways in: the same inbox, history and pipeline behind it.

import { createKafkaSource, type KafkaSource, type SourceOptions } from '../../adapters/kafka/source.ts';
import type { Config } from '../../config/load.ts';
import type { IdentityRules } from '../../domain/identity.ts';
import { alertPartition } from '../../ingest/kafka/alert-partition.ts';
import type { StreamDeps } from '../../ingest/kafka/detection-stream.ts';
import { observationPartition } from '../../ingest/kafka/observation-partition.ts';
import type { OpenWorker } from '../../ingest/kafka/ports.ts';
import { type ReadRecords, readOtlp, readSentinelJson } from '../../ingest/kafka/read-records.ts';
import { recordSchemas } from '../../ingest/kafka/schema.ts';
import { telemetryTopics } from '../../ingest/kafka/telemetry-topics.ts';
import type { OnTaken } from '../../ingest/pipeline.ts';
import { ExitError, exitCodes } from '../exit.ts';
import type { Platform } from '../platform.ts';
import type { Ingest, IngestSettings } from './start.ts';

/** Throws `ExitError` when a password is missing. */
export function kafkaOptions(config: Config): SourceOptions {
  const { brokers, clientId, groupId, topics, tls } = config.kafka;
  return {
    brokers,
    clientId,
    groupId,
    deadLetterTopic: topics.deadLetters,
    tls: tls.enabled ? tls : null,
    sasl: saslOf(config),
  };
}

/** Null when no brokers are configured. Connects to nothing yet. */
export function createKafkaPart({ config, log, metrics }: Platform): KafkaSource | null {
  return config.kafka.brokers.length === 0 ? null : createKafkaSource(kafkaOptions(config), { log, metrics });
}

/** Starts reading the topics. */
export function startKafkaPart(
  source: KafkaSource,
  { config, log, metrics, clock, stores, history }: Platform,
  settings: IngestSettings,
  { wake, notes }: Pick<Ingest, 'wake' | 'notes'>,
  onTaken: OnTaken,
): void {
  const { limits, defaultEnvironment, warmMs, learntMs, maxWaitingRows, maxWaitingAnomalies } = settings;
  const { deadLetters } = source;
  const { inbox, episodes } = stores;
  const schemas = recordSchemas(limits);
  const common = {
    schemas,
    limits,
    defaultEnvironment,
    deadLetters,
    replays: stores.replayClaims,
    inbox,
    wake,
    notes,
    clock,
    metrics,
    log,
  };
  const telemetry: StreamDeps = {
    ...common,
    detection: config.detection,
    episodes,
    history,
    learnt: stores.learnt,
    onTaken,
    warmMs,
    learntMs,
    maxWaitingRows,
    maxWaitingAnomalies,
  };
  const { topics } = config.kafka;
  const together = topics.telemetry.map(({ topic }) => topic);
  const open = telemetryTopics(telemetry, (topic) => readingOf(topic, config, telemetry, settings.identity));
  source.start(
    {
      [topics.observations]: observationPartition(telemetry),
      [topics.alerts]: alertPartition(common),
      ...Object.fromEntries(together.map((topic): [string, OpenWorker] => [topic, open])),
    },
    together,
  );
}

/** Topics whose telemetry detection here is rebuilt for. */
export function telemetryTopicsOf({ kafka: { topics } }: Pick<Config, 'kafka'>): readonly string[] {
  return [topics.observations, ...topics.telemetry.map(({ topic }) => topic)];
}

function readingOf(topic: string, { kafka }: Config, deps: StreamDeps, identity: IdentityRules): ReadRecords {
  const { encoding, signal = null } = kafka.topics.telemetry.find((one) => one.topic === topic) ?? {
    encoding: 'sentinel-json',
  };
  if (encoding === 'sentinel-json') return readSentinelJson(deps);
  return readOtlp({ encoding: encoding === 'otlp_json' ? 'json' : 'protobuf', signal, identity }, deps);
}

function saslOf({ kafka: { sasl }, secrets }: Config) {
  if (sasl === undefined) return null;
  if (secrets.kafkaPassword === null) {
    throw new ExitError(
      exitCodes.usage,
      'kafka.sasl is set, so a password is needed: set SENTINEL_KAFKA_PASSWORD in the environment.',
    );
  }
  return { ...sasl, password: secrets.kafkaPassword.reveal() };
}
