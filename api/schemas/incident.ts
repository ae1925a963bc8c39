// An incident as lists and its own page show it.

import { z } from 'zod';
import type { IncidentState } from '../../domain/incident/state.ts';
import {
  handedOverEnds,
  incidentOutcomes,
  incidentStatuses,
  stopKinds,
} from '../../domain/incident/status.ts';
import type { presentSummary } from '../present.ts';
import { anomaly, diagnosis, verification } from './analysis.ts';
import { named } from './named.ts';
import { hashedPlan, preflight, verdict } from './plan.ts';
import { progress } from './progress.ts';
import { follows, instantMs, scope, severity, sha256 } from './scope.ts';

const status = z.enum(incidentStatuses);
const outcome = z.enum(incidentOutcomes);

type Summary = ReturnType<typeof presentSummary>;

const summaryFields = {
  id: z.string(),
  ref: z.string().meta({
    description:
      'The id as it stands in URLs: `<environment>.<service>.<hash>-<episode>`, or `<hash>-<episode>` of an older one.',
  }),
  title: z.string(),
  environment: z.string(),
  service: z.string(),
  severity,
  status,
  outcome: outcome.nullable(),
  attempt: z.number(),
  openedAtMs: instantMs,
  updatedAtMs: instantMs,
  closedAtMs: instantMs.nullable(),
};

export const incidentSummary = named<Summary>()('IncidentSummary', z.strictObject(summaryFields));

export const approvalState = named<IncidentState['approval']>()(
  'ApprovalState',
  z
    .strictObject({
      planHash: sha256,
      role: z.string(),
      quorum: z.number(),
      deadlineMs: instantMs,
      round: z.number().optional(),
      because: z
        .string()
        .optional()
        .meta({ description: 'Why it is asked although the plan was granted before.' }),
      afresh: z.literal(true).optional().meta({ description: 'Votes given before do not count any more.' }),
      decisions: z.array(
        z.strictObject({
          approvalId: z.string(),
          actor: z.string(),
          decision: z.enum(['approve', 'reject']),
        }),
      ),
    })
    .nullable(),
);

export const incidentState = named<IncidentState>()(
  'IncidentState',
  z.strictObject({
    incidentId: z.string(),
    fingerprint: z.string(),
    episode: z.number(),
    follows: follows.optional(),
    scope,
    title: z.string(),
    severity,
    status,
    outcome: outcome.nullable(),
    openedAtMs: instantMs,
    closedAtMs: instantMs.nullable(),
    onsetMs: instantMs,
    attempt: z.number(),
    anomalies: z.record(z.string(), anomaly),
    anomaliesSeen: z.number(),
    notKept: z
      .array(z.string())
      .optional()
      .meta({ description: 'Digests of the ids of anomalies that were seen and are not kept.' }),
    returns: z
      .number()
      .optional()
      .meta({ description: 'How often a symptom came back after it had cleared.' }),
    end: z.enum(handedOverEnds).optional(),
    diagnosis: diagnosis.nullable(),
    hashedPlan: hashedPlan.nullable(),
    answerTakesMs: z.number().optional(),
    preflight: preflight.optional(),
    verdict: verdict.nullable(),
    approval: approvalState,
    effects: z.array(
      z.strictObject({
        intentId: z.string(),
        step: z.number(),
        attempt: z.number(),
        planHash: sha256,
        stepKey: z.string(),
        status: z.enum([
          'written',
          'applied',
          'failed',
          'uncertain',
          'undone',
          'not-needed',
          'not-undone',
          'dry-run',
        ]),
        progress: progress.optional(),
        left: z.string().optional().meta({ description: 'What is half done.' }),
        undoInDoubt: z
          .string()
          .optional()
          .meta({ description: 'Id of the effect that was to undo it, while nobody can tell its outcome.' }),
      }),
    ),
    verification: verification.nullable(),
    held: z
      .strictObject({ reason: z.string(), deadlineMs: instantMs })
      .optional()
      .meta({ description: 'While nobody can tell whether the change helped.' }),
    silenced: z
      .strictObject({ silenceId: z.string(), actor: z.string(), reason: z.string(), untilMs: instantMs })
      .optional()
      .meta({ description: 'What silences all of it, as far as it has heard.' }),
    stop: z
      .strictObject({ kind: z.enum(stopKinds), actor: z.string(), reason: z.string() })
      .optional()
      .meta({ description: 'What a person asked for; the incident ends once the call in flight is known.' }),
    lastSeq: z.number(),
  }),
);

export const incident = named<
  Summary & { readonly continuedIn: readonly string[]; readonly state: IncidentState }
>()(
  'Incident',
  z.strictObject({
    ...summaryFields,
    continuedIn: z.array(z.string()).meta({
      description: 'Incidents with the same symptom that opened soon after this one had closed.',
    }),
    state: incidentState,
  }),
);
