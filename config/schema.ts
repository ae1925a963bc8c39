// The whole configuration file, composed of the sections that each part of Sentinel owns. Every object is strict.

import { z } from 'zod';
import { correlationConfigSchema } from '../domain/correlation/correlate.ts';
import { detectionConfigSchema } from '../domain/detection/config.ts';
import { inventoryConfigSchema } from '../domain/inventory/rules.ts';
import { ownLagConfigSchema } from '../domain/lag/own-lag.ts';
import { policyConfigSchema } from '../domain/policy/config.ts';
import { limitsConfigSchema } from '../domain/remediation/limits.ts';
import { runbookConfigSchema } from '../domain/remediation/runbook.ts';
import { verificationConfigSchema } from '../domain/remediation/verify-config.ts';
import { chatSections } from './sections/chats.ts';
import { dryRunSchema, executorsSchema } from './sections/executors.ts';
import { incidentSchema } from './sections/incident.ts';
import { ingestSchema } from './sections/ingest.ts';
import { kafkaSchema } from './sections/kafka.ts';
import { memorySchema } from './sections/memory.ts';
import { modelSchema } from './sections/model.ts';
import { notifiersSchema } from './sections/notifiers.ts';
import { peopleSchema } from './sections/people.ts';
import { loggingSchema, serverSchema } from './sections/server.ts';
import { silencesSchema } from './sections/silences.ts';
import { storeSections } from './sections/stores.ts';
import { temporalSchema } from './sections/temporal.ts';

export const configSchema = z
  .strictObject({
    server: serverSchema.prefault({}),
    dataDir: z
      .string()
      .min(1)
      .default('.sentinel')
      .describe(
        'Folder for the embedded stores. Relative to the configuration file, or to the working directory if there is none.',
      ),
    temporal: temporalSchema.prefault({}),
    ...storeSections,
    ingest: ingestSchema.prefault({}),
    kafka: kafkaSchema.prefault({}),
    detection: detectionConfigSchema.prefault({}),
    correlation: correlationConfigSchema
      .prefault({})
      .describe('Which anomalies belong to the same incident.'),
    incident: incidentSchema.prefault({}),
    silences: silencesSchema.prefault({}),
    policy: policyConfigSchema
      .prefault({})
      .describe('What may run without approval, and who approves the rest.'),
    runbooks: runbookConfigSchema
      .default({})
      .describe(
        'Actions to try for each cause, least disruptive first. Replaces the built-in actions for that cause.',
      ),
    verification: verificationConfigSchema
      .prefault({})
      .describe('How much evidence it takes to call an incident recovered or not recovered.'),
    ownLag: ownLagConfigSchema.prefault({}),
    limits: limitsConfigSchema.prefault({}).describe('Limits on actions.'),
    executors: executorsSchema,
    inventory: inventoryConfigSchema
      .prefault({})
      .describe(
        'What the targets of the executors are: which service each serves, whose it is, what nothing may act on.',
      ),
    dryRun: dryRunSchema,
    model: modelSchema.prefault({}),
    memory: memorySchema.prefault({}),
    people: peopleSchema,
    ...chatSections,
    notifiers: notifiersSchema,
    logging: loggingSchema.prefault({}),
  })
  .describe(
    'Configuration of Sentinel. Everything has a default: without a file the whole stack runs embedded.',
  );

export type Settings = z.output<typeof configSchema>;

/** The schema of the file as people write it, in JSON Schema 2020-12, for editors and for the reference. */
export function configJsonSchema(): JsonSchema {
  jsonSchema ??= z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema;
  return jsonSchema;
}
let jsonSchema: JsonSchema | undefined;

/** The parts of JSON Schema that this project reads back. */
export type JsonSchema = {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
};
