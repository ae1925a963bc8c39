// Everything that can happen to an incident, as its timeline shows it.

import { z } from 'zod';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import { handedOverEnds, incidentOutcomes, stopKinds } from '../../domain/incident/status.ts';
import { gateRefusals } from '../../domain/remediation/intent.ts';
import { refusalCodes } from '../../domain/remediation/refusal-code.ts';
import { rollbackOutcomes } from '../../domain/remediation/rollback.ts';
import { anomaly, diagnosis, verification } from './analysis.ts';
import { named } from './named.ts';
import { hashedPlan, preflight, verdict } from './plan.ts';
import { progress } from './progress.ts';
import { follows, instantMs, scope, severity, sha256 } from './scope.ts';

const attempt = z.number();
const text = z.string();
const step = z.number();
export const direction = z.enum(['forward', 'compensation']);
const planHash = sha256;
const refusalCode = z.enum(refusalCodes);
const rollback = { newsId: text, requestId: text, intentId: text, stepKey: text };

const happened = <Type extends string, Fields extends z.ZodRawShape>(type: Type, fields: Fields) =>
  z.strictObject({
    seq: z.int().meta({ description: "Position in the incident's own timeline, from 1, without gaps." }),
    atMs: instantMs,
    type: z.literal(type),
    ...fields,
  });

export const incidentEvent = named<IncidentEvent>()(
  'IncidentEvent',
  z.discriminatedUnion('type', [
    happened('incident-opened', {
      scope,
      severity,
      title: text,
      fingerprint: text,
      episode: z.number(),
      follows: follows.optional(),
    }),
    happened('anomaly-observed', { anomaly, returns: z.number().optional() }),
    happened('anomaly-cleared', { anomalyId: text, clearedMs: instantMs }),
    happened('enrichment-started', { attempt }),
    happened('enriched', { attempt, evidenceIds: z.array(text), missing: z.array(text) }),
    happened('diagnosed', { attempt, diagnosis }),
    happened('model-consulted', {
      attempt,
      outcome: z.enum(['answered', 'unavailable']),
      reason: text,
      diagnosis: diagnosis.nullable(),
    }),
    happened('planned', {
      attempt,
      hashedPlan,
      answerTakesMs: z.number().optional(),
      preflight: preflight.optional(),
    }),
    happened('nothing-to-try', { attempt, reason: text }),
    happened('decided', { attempt, verdict }),
    happened('approval-requested', {
      planHash,
      role: text,
      quorum: z.number(),
      deadlineMs: instantMs,
      round: z.number().optional(),
      because: text.optional(),
      afresh: z.literal(true).optional(),
    }),
    happened('approval-recorded', {
      approvalId: text,
      planHash,
      actor: text,
      decision: z.enum(['approve', 'reject']),
      reason: text,
    }),
    happened('approval-granted', { planHash }),
    happened('approval-rejected', { planHash, actor: text, reason: text }),
    happened('approval-expired', { planHash }),
    happened('gate-refused', { step, reason: z.enum(gateRefusals), detail: text }),
    happened('intent-written', { intentId: text, step, direction }),
    happened('effect-applied', {
      intentId: text,
      step,
      direction,
      foundByLookup: z.boolean(),
      summary: text,
    }),
    happened('effect-failed', {
      intentId: text,
      step,
      direction,
      reason: text,
      neverSent: z.literal(true).optional(),
      uncertain: z.literal(true).optional(),
      code: refusalCode.optional(),
      left: text.optional().meta({ description: 'What is half done.' }),
      superseded: z.literal(true).optional(),
      cancelled: z
        .literal(true)
        .optional()
        .meta({ description: 'A person said stop while it was under way.' }),
    }),
    happened('effect-progress', {
      ...{ intentId: text, step, direction },
      progress,
    }),
    happened('effect-dry-run', {
      ...{ intentId: text, step, direction },
      ok: z.boolean().meta({ description: 'It would have been accepted.' }),
      code: refusalCode.optional(),
      detail: text,
    }),
    happened('effect-settled', {
      intentId: text,
      step,
      direction,
      undoes: text.optional(),
      happened: z.boolean(),
      actor: text,
      reason: text,
    }),
    happened('rollback-requested', {
      ...rollback,
      actor: text,
      reason: text,
      given: z.number().meta({ description: 'How many people have asked for it by now.' }),
      quorum: z.number(),
      expiresAtMs: instantMs,
    }),
    happened('rollback-ended', {
      ...rollback,
      outcome: z.enum(rollbackOutcomes),
      reason: text,
      undoneBy: text.optional().meta({ description: 'The effect that undid it.' }),
    }),
    happened('rollback-verified', { ...rollback, result: verification }),
    happened('verification-started', { attempt, deadlineMs: instantMs }),
    happened('verified', { attempt, result: verification }),
    happened('verification-held', { attempt, reason: text, deadlineMs: instantMs }),
    happened('compensation-started', { attempt, reason: text }),
    happened('compensation-finished', { attempt, undone: z.number(), notUndone: z.array(text) }),
    happened('stop-requested', { kind: z.enum(stopKinds), actor: text, reason: text }),
    happened('silenced', { silenceId: text, actor: text, reason: text, untilMs: instantMs }),
    happened('silence-ended', { silenceId: text }),
    happened('workflow-restarted', { reason: text }),
    happened('record-gap', { afterSeq: z.number(), throughSeq: z.number() }),
    happened('note-added', { noteId: text, actor: text, text }),
    happened('postmortem-drafted', { digest: text }),
    happened('handed-over', {
      outcome: z.enum(['escalated', 'taken-over']),
      reason: text,
      actor: text,
      leftInPlace: z.array(text).optional(),
    }),
    happened('incident-closed', {
      outcome: z.enum(incidentOutcomes),
      reason: text,
      actor: text,
      leftInPlace: z.array(text).optional(),
      end: z.enum(handedOverEnds).optional(),
    }),
  ]),
);
