// Made-up incidents for measuring the stores: anomalies, and incidents whose plan policy has allowed.

import { createHash, randomUUID } from 'node:crypto';
import type { Stores } from '../../adapters/postgres/index.ts';
import { canonicalJson } from '../../domain/audit/canonical.ts';
import type { Anomaly } from '../../domain/detection/anomaly.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import { fold } from '../../domain/incident/evolve.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import type { HashedPlan, Plan } from '../../domain/remediation/plan.ts';
import type { TargetState } from '../../domain/remediation/target.ts';
import type { Scope } from '../../domain/scope.ts';

export type ReadyIncident = {
  readonly incidentId: string;
  readonly planHash: string;
  /** The target as the plan expects it. */
  readonly before: TargetState;
};

export function madeUpAnomaly(environment: string, service: string, onsetMs: number): Anomaly {
  return {
    id: randomUUID(),
    state: 'firing',
    detector: 'error-ratio',
    signal: 'errors',
    scope: { environment, service },
    seriesKey: `calls/${service}`,
    metric: 'errors',
    direction: 'up',
    onsetMs,
    detectedMs: onsetMs + 5_000,
    expected: 0.01,
    seen: 0.4,
    score: 40,
    confidence: 0.9,
    severity: 'critical',
    summary: `errors of ${service} rose from 0.01 to 0.4`,
  };
}

export type HashedWithBytes = HashedPlan & { readonly canonical: string };

/** Scales a service from two replicas to four. */
export function madeUpPlan(incidentId: string, target: Scope): HashedWithBytes {
  const plan: Plan = {
    incidentId,
    attempt: 1,
    cause: 'traffic-surge',
    reason: 'too little room',
    risk: 'low',
    steps: [
      {
        action: 'scale',
        target,
        executor: 'mock',
        parameters: { replicas: 4 },
        inverse: { action: 'scale', parameters: { replicas: 2 } },
        reversible: true,
        risk: 'low',
        downtimeSeconds: 0,
        blastRadius: 0,
        before: {
          target,
          executor: 'mock',
          desiredReplicas: 2,
          replicas: [],
          release: 'r2',
          config: 'c1',
          supports: ['scale'],
        },
      },
    ],
  };
  const canonical = canonicalJson(plan);
  return { plan, canonical, planHash: createHash('sha256').update(canonical).digest('hex') };
}

/** Opens the incident of an anomaly, as correlation does; answers its id. */
export async function openIncident(stores: Pick<Stores, 'episodes'>, anomaly: Anomaly): Promise<string> {
  const assigned = await stores.episodes.assign(anomaly, { windowMs: 0, maxHops: 0 });
  if (assigned.kind !== 'incident') throw new Error(`no incident was opened: ${assigned.reason}`);
  return assigned.input.incidentId;
}

/** Records an incident up to the moment before it asks the gate; its target is its own. */
export async function readyIncident(stores: Stores, environment: string): Promise<ReadyIncident> {
  const target = { environment, service: randomUUID() };
  const incidentId = await openIncident(stores, madeUpAnomaly(environment, target.service, Date.now()));
  const { canonical, ...hashedPlan } = madeUpPlan(incidentId, target);
  const { planHash } = hashedPlan;
  const verdict: Verdict = { kind: 'auto', rule: 'risk low', reason: 'low risk' };
  await stores.diagnoses.save(incidentId, 1, {
    hypotheses: [],
    inconclusive: false,
    reason: '',
    missing: [],
    method: 'statistical',
  });
  await stores.plans.savePlan(hashedPlan, canonical);
  await stores.plans.saveVerdict(planHash, verdict);
  const at = Date.now();
  const title = `${target.service}: errors up`;
  const events: readonly IncidentEvent[] = [
    {
      seq: 1,
      atMs: at,
      type: 'incident-opened',
      scope: target,
      severity: 'critical',
      title,
      fingerprint: 'f',
      episode: 1,
    },
    { seq: 2, atMs: at, type: 'enrichment-started', attempt: 1 },
    { seq: 3, atMs: at, type: 'planned', attempt: 1, hashedPlan },
    { seq: 4, atMs: at, type: 'decided', attempt: 1, verdict },
  ];
  const state = fold(events, incidentId);
  if (state === null) throw new Error('the first event opens the incident');
  await stores.incidents.recordEvents(incidentId, events, state);
  const before = hashedPlan.plan.steps[0]?.before;
  if (before === undefined) throw new Error('the plan has no step');
  return { incidentId, planHash, before };
}
