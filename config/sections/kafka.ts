// Kafka as a way in. Without brokers it is off.

import { z } from 'zod';

const topic = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,249}$/, 'expected letters, digits, ".", "_" and "-", at most 249');

export const kafkaSchema = z
  .strictObject({
    brokers: z
      .array(
        z
          .string()
          .regex(/^[A-Za-z0-9.\-[\]:]+:\d{1,5}$/, 'expected host:port, such as "kafka.internal:9092"'),
      )
      .default([])
      .describe('`host:port` of the brokers to ask first. Without any, Kafka is off.'),
    clientId: z.string().min(1).max(200).default('sentinel').describe('How the brokers see this client.'),
    groupId: z
      .string()
      .min(1)
      .max(200)
      .default('sentinel')
      .describe('Consumer group; the ingest processes of one installation share it.'),
    topics: z
      .strictObject({
        observations: topic
          .default('sentinel.observations')
          .describe('Telemetry and changes, keyed by `environment/service`.'),
        alerts: topic.default('sentinel.alerts').describe('Alerts and changes of other systems.'),
        deadLetters: topic
          .default('sentinel.dead-letters')
          .describe('Where records go that cannot be used, with the reason in their headers.'),
      })
      .refine((topics) => new Set(Object.values(topics)).size === 3, 'expected three different topics')
      .prefault({})
      .describe('Names of the topics.'),
    tls: z
      .strictObject({
        enabled: z.boolean().default(false).describe('Whether to speak TLS to the brokers.'),
        caFile: z
          .string()
          .min(1)
          .optional()
          .describe("PEM file with the certificates to trust instead of the system's."),
      })
      .prefault({})
      .describe('Encryption of the connection.'),
    sasl: z
      .strictObject({
        mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('How to log in.'),
        username: z.string().min(1).describe('User; the password comes from `SENTINEL_KAFKA_PASSWORD`.'),
      })
      .optional()
      .describe('Without it, Sentinel does not log in.'),
  })
  .describe('Kafka as a way in (docs/kafka.md).');
