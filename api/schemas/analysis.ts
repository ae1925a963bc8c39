// What was seen and what it is taken for: anomalies, evidence, diagnoses, verifications.

import { z } from 'zod';
import { type Anomaly, signalKinds } from '../../domain/detection/anomaly.ts';
import { causes } from '../../domain/diagnosis/causes.ts';
import type { Diagnosis, Evidence, Hypothesis } from '../../domain/diagnosis/diagnosis.ts';
import { type ModelView, modelRelations } from '../../domain/diagnosis/opinion.ts';
import { type VerificationResult, verificationOutcomes } from '../../domain/remediation/verification.ts';
import { named } from './named.ts';
import { figures, instantMs, scope, severity } from './scope.ts';

export const anomaly = named<Anomaly>()(
  'Anomaly',
  z.strictObject({
    id: z.string(),
    state: z.enum(['firing', 'cleared']),
    detector: z.enum([
      'robust-z',
      'threshold',
      'error-ratio',
      'latency',
      'log-template',
      'absence',
      'trend',
      'fast-burn',
      'slow-burn',
      'unusual',
      'external',
    ]),
    signal: z.enum(signalKinds),
    scope,
    seriesKey: z.string(),
    metric: z.string(),
    direction: z.enum(['up', 'down']),
    onsetMs: instantMs,
    detectedMs: instantMs,
    clearedMs: instantMs.optional(),
    expected: z.number(),
    seen: z.number(),
    baseline: z
      .strictObject({ level: z.number(), spread: z.number(), samples: z.int(), atMs: instantMs })
      .optional()
      .meta({ description: 'What was normal when it was found; recovery is judged against it.' }),
    score: z.number(),
    confidence: z.number(),
    severity,
    unvouched: z.literal(true).optional().meta({
      description:
        'Somebody without a key sent (some of) what it was found in: only a person lets something be done about it.',
    }),
    title: z.string().optional().meta({ description: 'What an alert or a log says itself.' }),
    common: z
      .strictObject({
        rule: z.string().optional(),
        node: z.string().optional(),
        zone: z.string().optional(),
        release: z.string().optional(),
        region: z.string().optional(),
        cluster: z.string().optional(),
      })
      .optional()
      .meta({ description: 'What an alert may have in common with alerts about other services.' }),
    labels: z.record(z.string(), z.string()).optional().meta({ description: 'Labels of an alert.' }),
    joined: z.string().optional().meta({ description: 'Why it is in an incident of other services.' }),
    summary: z.string(),
  }),
);

export const evidence = named<Evidence>()(
  'Evidence',
  z.strictObject({
    id: z.string(),
    source: z.string(),
    provenance: z.enum(['measured', 'reported', 'memory']),
    scope,
    fromMs: instantMs,
    toMs: instantMs,
    finding: z.string(),
    figures,
    incidentId: z.string().optional().meta({ description: 'The earlier incident that it is about.' }),
    digest: z.string().optional(),
  }),
);

const hypothesis = named<Hypothesis>()(
  'Hypothesis',
  z.strictObject({
    cause: z.enum(causes),
    scope,
    score: z.number(),
    reason: z.string(),
    evidenceFor: z.array(z.string()),
    evidenceAgainst: z.array(z.string()),
    figures: figures.optional(),
    change: z
      .string()
      .optional()
      .meta({ description: 'The release or configuration that came with the trouble.' }),
    by: z.literal('model').optional().meta({ description: 'Present when only a language model named it.' }),
  }),
);

const modelView = named<ModelView>()(
  'ModelView',
  z.strictObject({
    by: z.string().meta({ description: 'Provider and model.' }),
    relation: z.enum(modelRelations),
    words: z.string().meta({ description: "The model's own words: never facts." }),
    hypotheses: z.array(
      z.strictObject({
        cause: z.enum(causes),
        service: z.string(),
        confidence: z.number(),
        evidenceFor: z.array(z.string()),
        evidenceAgainst: z.array(z.string()),
        actions: z.array(z.string()),
        words: z.string(),
      }),
    ),
    riskWords: z.array(z.string()),
    droppedClaims: z.number(),
  }),
);

export const diagnosis = named<Diagnosis>()(
  'Diagnosis',
  z.strictObject({
    hypotheses: z.array(hypothesis),
    inconclusive: z.boolean(),
    reason: z.string(),
    missing: z.array(z.string()),
    awaits: z
      .strictObject({ reading: z.string(), dueMs: z.number() })
      .optional()
      .meta({ description: 'Inconclusive, and this reading will tell more: the analysis is repeated then.' }),
    method: z.enum(['statistical', 'model']),
    contested: z.boolean().optional().meta({ description: 'Two analyses disagree: a person is asked.' }),
    model: modelView.optional(),
  }),
);

export const verification = named<VerificationResult>()(
  'Verification',
  z.strictObject({
    outcome: z.enum(verificationOutcomes),
    settled: z.boolean(),
    improving: z.boolean().optional(),
    reason: z.string(),
    freshSamples: z.number(),
    series: z.array(
      z.strictObject({
        seriesKey: z.string(),
        before: z.number(),
        during: z.number(),
        after: z.number(),
        ok: z.boolean(),
      }),
    ),
    answerTakesMs: z.number().optional(),
    controlImprovedToo: z.boolean(),
  }),
);
