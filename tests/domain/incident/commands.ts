/** Commands of an incident: one of each by name, the usual beginnings, and arbitrary ones for properties. */
import fc from 'fast-check';
import type { IncidentCommand } from '../../../domain/incident/decide.ts';
import { type IncidentOutcome, incidentOutcomes } from '../../../domain/incident/status.ts';
import type { Verdict } from '../../../domain/policy/verdict.ts';
import { gateRefusals } from '../../../domain/remediation/intent.ts';
import type { HashedPlan } from '../../../domain/remediation/plan.ts';
import { type VerificationOutcome, verificationOutcomes } from '../../../domain/remediation/verification.ts';
import type { Severity } from '../../../domain/scope.ts';
import { anomaly, approval, auto, deny, scaleOut } from '../../support/incident-examples.ts';

const scope = { environment: 'test', service: 'orders' };

export const opened: IncidentCommand = {
  type: 'incident-opened',
  scope,
  severity: 'warning',
  title: 'errors of orders',
  fingerprint: 'f00d',
  episode: 1,
};

export const plan: HashedPlan = {
  planHash: 'hash-1',
  plan: {
    incidentId: 'incident/1',
    attempt: 1,
    cause: 'bad-release',
    reason: 'r',
    steps: [scaleOut],
    risk: 'low',
  },
};

const verdicts: Readonly<Record<Verdict['kind'], Verdict>> = { auto, deny, approval: approval() };

const one = {
  observe: (id: string, severity: Severity, onsetMs: number): IncidentCommand => ({
    type: 'anomaly-observed',
    anomaly: anomaly(id, { severity, onsetMs }),
  }),
  enrich: (attempt: number): IncidentCommand => ({ type: 'enrichment-started', attempt }),
  decided: (kind: Verdict['kind'], attempt = 1): IncidentCommand => ({
    type: 'decided',
    attempt,
    verdict: verdicts[kind],
  }),
  requestApproval: (deadlineMs = 1_000_000): IncidentCommand => ({
    type: 'approval-requested',
    planHash: plan.planHash,
    role: 'operator',
    quorum: 1,
    deadlineMs,
  }),
  askAgain: (round: number, quorum = 2): IncidentCommand => ({
    type: 'approval-requested',
    planHash: plan.planHash,
    role: 'operator',
    quorum,
    deadlineMs: 2_000_000,
    round,
    because: 'policy now asks for 2 × operator',
  }),
  approve: (approvalId: string): IncidentCommand => ({
    type: 'approval-recorded',
    approvalId,
    planHash: plan.planHash,
    actor: 'ada',
    decision: 'approve',
    reason: '',
  }),
  intent: (direction: 'forward' | 'compensation' = 'forward', intentId = 'i-1'): IncidentCommand => ({
    type: 'intent-written',
    intentId,
    step: 0,
    direction,
  }),
  applied: (direction: 'forward' | 'compensation' = 'forward', intentId = 'i-1'): IncidentCommand => ({
    type: 'effect-applied',
    intentId,
    step: 0,
    direction,
    foundByLookup: false,
    summary: 's',
  }),
  failed: (direction: 'forward' | 'compensation' = 'forward', intentId = 'i-1'): IncidentCommand => ({
    type: 'effect-failed',
    intentId,
    step: 0,
    direction,
    reason: 'r',
  }),
  verified: (outcome: VerificationOutcome, attempt = 1): IncidentCommand => ({
    type: 'verified',
    attempt,
    result: { outcome, settled: true, reason: 'r', freshSamples: 9, series: [], controlImprovedToo: false },
  }),
  compensate: (attempt = 1): IncidentCommand => ({ type: 'compensation-started', attempt, reason: 'r' }),
  compensated: (notUndone: readonly string[], attempt = 1): IncidentCommand => ({
    type: 'compensation-finished',
    attempt,
    undone: 1,
    notUndone,
  }),
  close: (outcome: IncidentOutcome): IncidentCommand => ({
    type: 'incident-closed',
    outcome,
    reason: 'r',
    actor: 'sentinel',
  }),
};

const diagnosis = {
  hypotheses: [],
  inconclusive: true,
  reason: 'r',
  missing: [],
  method: 'statistical',
} as const;
const planned: readonly IncidentCommand[] = [
  opened,
  one.enrich(1),
  { type: 'enriched', attempt: 1, evidenceIds: [], missing: [] },
  { type: 'diagnosed', attempt: 1, diagnosis },
  { type: 'planned', attempt: 1, hashedPlan: plan },
];
export const consulted: IncidentCommand = {
  type: 'model-consulted',
  attempt: 1,
  outcome: 'answered',
  reason: '',
  diagnosis: {
    ...diagnosis,
    contested: true,
    model: {
      by: 'groq/m-1',
      relation: 'disagrees',
      words: 'It looks like the release.',
      hypotheses: [
        {
          ...{ cause: 'bad-release', service: 'orders', confidence: 0.7, words: 'w', actions: [] },
          ...{ evidenceFor: ['E1'], evidenceAgainst: [] },
        },
      ],
      riskWords: [],
      droppedClaims: 2,
    },
  },
};
const executing = [...planned, one.decided('auto')];
const fixed = [...executing, one.intent(), one.applied()];
const verifying: readonly IncidentCommand[] = [
  ...fixed,
  { type: 'verification-started', attempt: 1, deadlineMs: 1_000 },
];

export const commands = { ...one, planned, executing, fixed, verifying };

const attempt = fc.constantFrom(1, 1, 1, 2, 3);
const direction = fc.constantFrom('forward', 'forward', 'compensation');
const intentId = fc.constantFrom('i-1', 'i-2');

/** Any command; skewed towards those that get an incident along, so that deep states are reached. */
export const anyCommand: fc.Arbitrary<IncidentCommand> = fc.oneof(
  fc.constantFrom(...verifying.slice(1)),
  fc.constantFrom(...verifying.slice(1)),
  fc.constantFrom('a', 'b').map((id) => one.observe(id, 'warning', 1)),
  fc
    .constantFrom('a', 'z')
    .map((anomalyId): IncidentCommand => ({ type: 'anomaly-cleared', anomalyId, clearedMs: 9 })),
  attempt.map(one.enrich),
  attempt.map((n): IncidentCommand => ({ type: 'enriched', attempt: n, evidenceIds: [], missing: [] })),
  attempt.map((n): IncidentCommand => ({ type: 'diagnosed', attempt: n, diagnosis })),
  attempt.map((n): IncidentCommand => ({ ...consulted, attempt: n })),
  attempt.map((n): IncidentCommand => ({ type: 'planned', attempt: n, hashedPlan: plan })),
  attempt.map((n): IncidentCommand => ({ type: 'nothing-to-try', attempt: n, reason: 'r' })),
  fc.tuple(fc.constantFrom('auto', 'approval', 'deny'), attempt).map(([kind, n]) => one.decided(kind, n)),
  fc.constant(one.requestApproval()),
  fc.nat(3).map((round) => one.askAgain(round)),
  fc.constantFrom('ap-1', 'ap-2').map(one.approve),
  fc
    .constantFrom('hash-1', 'stale')
    .map((planHash): IncidentCommand => ({ type: 'approval-granted', planHash })),
  fc.constant<IncidentCommand>({ type: 'approval-rejected', planHash: 'hash-1', actor: 'ada', reason: 'r' }),
  fc.constant<IncidentCommand>({ type: 'approval-expired', planHash: 'hash-1' }),
  fc
    .constantFrom(...gateRefusals)
    .map((reason): IncidentCommand => ({ type: 'gate-refused', step: 0, reason, detail: 'd' })),
  fc.tuple(direction, intentId).map(([way, id]) => one.intent(way, id)),
  fc.tuple(direction, intentId).map(([way, id]) => one.applied(way, id)),
  fc.tuple(direction, intentId).map(([way, id]) => one.failed(way, id)),
  fc.tuple(direction, intentId, fc.boolean()).map(
    ([way, id, happened]): IncidentCommand => ({
      ...{
        type: 'effect-settled',
        intentId: id,
        step: 0,
        direction: way,
        happened,
        actor: 'ada',
        reason: 'r',
      },
      ...(way === 'forward' ? {} : { undoes: 'i-1' }),
    }),
  ),
  attempt.map((n): IncidentCommand => ({ type: 'verification-started', attempt: n, deadlineMs: 1 })),
  fc.tuple(fc.constantFrom(...verificationOutcomes), attempt).map(([outcome, n]) => one.verified(outcome, n)),
  attempt.map(one.compensate),
  attempt.map((n) => one.compensated([], n)),
  fc.constant<IncidentCommand>({ type: 'note-added', noteId: 'n', actor: 'ada', text: 't' }),
  fc.constant<IncidentCommand>({ type: 'postmortem-drafted', digest: 'd' }),
  fc.constantFrom(...incidentOutcomes).map(one.close),
  fc.constant(opened),
);
