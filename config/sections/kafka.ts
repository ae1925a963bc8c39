// Kafka as a way in. Without brokers it is off.

import { z } from 'zod';

const topic = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,249}$/, 'expected letters, digits, ".", "_" and "-", at most 249');

const telemetryTopic = z.strictObject({
  topic: topic.describe('Name of the topic.'),
  encoding: z
    .enum(['otlp_proto', 'otlp_json', 'sentinel-json'])
    .default('otlp_proto')
    .describe(
      "What its records are: OTLP export requests as the Collector's Kafka exporter writes them, or Sentinel's JSON.",
    ),
  signal: z
    .enum(['metrics', 'logs', 'traces'])
    .optional()
    .describe('Which OTLP signal the records carry. If not set, each record is recognised by its contents.'),
});

export const kafkaSchema = z
  .strictObject({
    brokers: z
      .array(
        z
          .string()
          .regex(/^[A-Za-z0-9.\-[\]:]+:\d{1,5}$/, 'expected host:port, such as "kafka.internal:9092"'),
      )
      .default([])
      .describe('Bootstrap brokers, as `host:port`. If empty, Kafka is off.'),
    clientId: z.string().min(1).max(200).default('sentinel').describe('Client ID shown to the brokers.'),
    groupId: z
      .string()
      .min(1)
      .max(200)
      .default('sentinel')
      .describe('Consumer group, shared by the ingest processes of one installation.'),
    topics: z
      .strictObject({
        observations: topic
          .default('sentinel.observations')
          .describe('Telemetry and changes, keyed by `environment/service`.'),
        alerts: topic.default('sentinel.alerts').describe('Alerts and changes from other systems.'),
        deadLetters: topic
          .default('sentinel.dead-letters')
          .describe('Dead-letter topic for unusable records; the reason is in the headers.'),
        telemetry: z
          .array(telemetryTopic)
          .max(50)
          .default([])
          .describe(
            "Further telemetry topics, such as the OpenTelemetry Collector's. Keys do not matter: one process of the group reads all of them.",
          ),
      })
      .refine(allDifferent, 'expected different topics')
      .prefault({})
      .describe('Topic names.'),
    tls: z
      .strictObject({
        enabled: z.boolean().default(false).describe('Use TLS.'),
        caFile: z
          .string()
          .min(1)
          .optional()
          .describe("PEM file of CA certificates to trust instead of the system's."),
      })
      .prefault({})
      .describe('TLS to the brokers.'),
    sasl: z
      .strictObject({
        mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('SASL mechanism.'),
        username: z.string().min(1).describe('User name. The password is in `SENTINEL_KAFKA_PASSWORD`.'),
      })
      .optional()
      .describe('User name. If not set, Sentinel does not log in.'),
  })
  .describe('Ingest from Kafka (docs/kafka.md).');

function allDifferent({
  telemetry,
  ...single
}: {
  readonly telemetry: readonly { readonly topic: string }[];
  readonly observations: string;
  readonly alerts: string;
  readonly deadLetters: string;
}): boolean {
  const names = [...Object.values(single), ...telemetry.map(({ topic: name }) => name)];
  return new Set(names).size === names.length;
}
