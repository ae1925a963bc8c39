// Kafka, when it is a way in: whether the brokers can be reached, the topics are there, and somebody reads them.

import { inspectKafka } from '../../adapters/kafka/inspect.ts';
import { splitHostPort, whyNotReachable } from '../../adapters/network/address.ts';
import { kafkaOptions, telemetryTopicsOf } from '../../app/ingest/kafka.ts';
import type { Config } from '../../config/load.ts';
import { type Check, type Finding, missing, ok, warning } from '../../domain/doctor.ts';

export function kafka(config: Config): readonly Check[] {
  const { brokers } = config.kafka;
  if (brokers.length === 0) return [];
  return [...brokers.map((broker) => () => brokerCheck(broker)), () => groupCheck(config)];
}

async function brokerCheck(broker: string): Promise<Finding> {
  const { host, port } = splitHostPort(broker);
  const reason = await whyNotReachable(host, port);
  if (reason === null) return ok(`Kafka ${broker}`, `${host}:${port} accepts connections`);
  const advice = 'Start it, or fix kafka.brokers.';
  return missing(`Kafka ${broker}`, `${host}:${port} cannot be reached (${reason})`, advice);
}

const silent = { info: () => {}, warn: () => {}, error: () => {} };

async function groupCheck(config: Config): Promise<Finding> {
  const name = 'Kafka topics';
  const { alerts, deadLetters } = config.kafka.topics;
  try {
    const topics = [...telemetryTopicsOf(config), alerts];
    const all = { ...kafkaOptions(config), topics: [...topics, deadLetters] };
    const { missingTopics, members, waiting } = await inspectKafka(all, silent);
    if (missingTopics.length > 0) {
      const advice = 'Create them (docs/kafka.md), unless the brokers create topics automatically.';
      return warning(name, `missing: ${missingTopics.join(', ')}`, advice);
    }
    const { groupId } = config.kafka;
    if (members === 0 && waiting > 0) {
      const advice =
        'Start one (sentinel start --role ingest); if one is running, GET /api/v1/components says why it is not consuming.';
      return warning(
        name,
        `${waiting} records are waiting and no process in the group ${groupId} is consuming`,
        advice,
      );
    }
    return ok(name, `${members} processes consuming, ${waiting} records waiting`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const advice = 'Fix kafka.brokers, kafka.tls or kafka.sasl; until then nothing comes in over Kafka.';
    return warning(name, `cannot query the brokers (${reason})`, advice);
  }
}
