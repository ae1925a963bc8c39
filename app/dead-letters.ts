// The kinds of dead letters there are, one line each.

import { createLetterTopic } from '../adapters/kafka/letter-topic.ts';
import { createDeadLetters } from '../api/dead-letters/desk.ts';
import { inboxDeadLetters } from '../api/dead-letters/inbox.ts';
import { kafkaDeadLetters } from '../api/dead-letters/kafka.ts';
import type { DeadLetters } from '../api/ports/dead-letters.ts';
import { kafkaOptions, telemetryTopicsOf } from './ingest/kafka.ts';
import type { Platform } from './platform.ts';

export function deadLettersOf({ config, stores, log }: Platform): DeadLetters {
  const inbox = inboxDeadLetters(stores.deadItems);
  if (config.kafka.brokers.length === 0) return createDeadLetters([inbox]);
  const sources = [...telemetryTopicsOf(config), config.kafka.topics.alerts];
  const topic = createLetterTopic(() => ({ ...kafkaOptions(config), sources }), log);
  return createDeadLetters([kafkaDeadLetters(topic, stores.replayLedger), inbox]);
}
