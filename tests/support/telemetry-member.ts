/** One process of a consumer group that reads OTLP topics together, over stores in memory. */
import { createKafkaSource, type KafkaSource } from '../../adapters/kafka/source.ts';
import { detectionConfigSchema } from '../../domain/detection/config.ts';
import type { TelemetryObservation } from '../../domain/observation.ts';
import { alertPartition } from '../../ingest/kafka/alert-partition.ts';
import type { StreamDeps } from '../../ingest/kafka/detection-stream.ts';
import { type ReadRecords, readOtlp } from '../../ingest/kafka/read-records.ts';
import { recordSchemas } from '../../ingest/kafka/schema.ts';
import { telemetryTopics } from '../../ingest/kafka/telemetry-topics.ts';
import { defaultLimits } from '../../ingest/limits.ts';
import {
  MemoryClock,
  MemoryEpisodes,
  MemoryInbox,
  MemoryLearnt,
  MemoryMetrics,
  MemoryReplays,
  silentLog,
} from '../ingest/support/memory.ts';
import type { KafkaSide } from './kafka.ts';

export class TelemetryMember {
  /** What it read of telemetry, by topic. */
  readonly taken = new Map<string, TelemetryObservation[]>();
  readonly metrics = new MemoryMetrics();
  readonly source: KafkaSource;

  /** `encodings`: of each topic of telemetry. It reads the alerts of its side, too. */
  constructor(side: KafkaSide, broker: string, encodings: ReadonlyMap<string, 'json' | 'protobuf'>) {
    const { metrics, taken } = this;
    const { groupId, topics } = side;
    const options = { brokers: [broker], clientId: 'sut', groupId, deadLetterTopic: topics.deadLetters };
    this.source = createKafkaSource({ ...options, tls: null, sasl: null }, { log: silentLog, metrics });
    const deps: StreamDeps = {
      schemas: recordSchemas(defaultLimits),
      limits: defaultLimits,
      defaultEnvironment: 'test',
      deadLetters: this.source.deadLetters,
      replays: new MemoryReplays(),
      detection: detectionConfigSchema.parse({}),
      inbox: new MemoryInbox(new MemoryClock(0)),
      episodes: new MemoryEpisodes(),
      history: null,
      wake: () => {},
      warmMs: 600_000,
      learnt: new MemoryLearnt(),
      learntMs: 60_000,
      maxWaitingRows: 10_000,
      maxWaitingAnomalies: 100,
      clock: { nowMs: () => Date.now() },
      metrics,
      log: silentLog,
    };
    const readOf = (topic: string): ReadRecords => {
      const read = readOtlp({ encoding: encodings.get(topic) ?? 'protobuf', signal: null }, deps);
      return async (records, position) => {
        const result = await read(records, position);
        const more = result.telemetry.requests.flatMap(({ decoded }) => decoded.observations);
        taken.set(topic, [...(taken.get(topic) ?? []), ...more]);
        return result;
      };
    };
    const open = telemetryTopics(deps, readOf);
    this.source.start(
      {
        ...Object.fromEntries([...encodings.keys()].map((topic) => [topic, open])),
        [topics.alerts]: alertPartition(deps),
      },
      [...encodings.keys()],
    );
  }

  read(topic: string): number {
    return this.metrics.counts.get(`sentinel_kafka_records_total{${topic}}`) ?? 0;
  }
}
