// Judges one run from what the oracle saw (the supervisor's ledger, the load generator's figures) and what Sentinel
// said of its incidents over its public API. Pure.

import type { ActionResult, Health, RootCauseResult, ScenarioResult } from './report.ts';

export type LedgerEffect = {
  readonly at: string;
  readonly intentId: string;
  readonly action: string;
  readonly service: string;
};

export type SeenHypothesis = { readonly cause: string; readonly service: string };

export type SeenIncident = {
  readonly id: string;
  readonly openedAtMs: number;
  /** When it heard of each of its symptoms. */
  readonly symptomsAtMs: readonly number[];
  readonly closedAtMs: number | null;
  readonly outcome: string | null;
  /** Of the last diagnosis, best first. */
  readonly hypotheses: readonly SeenHypothesis[];
  readonly inconclusive: boolean;
  /** When a verification after an effect said `recovered`. */
  readonly verifiedAtMs: number | null;
  /** Ids of the intents it wrote. */
  readonly intents: readonly string[];
  /** Those of them that undo another one. */
  readonly compensations: readonly string[];
};

export type Truth = { readonly service: string; readonly cause: string; readonly fixedBy: readonly string[] };

export type Observed = {
  readonly name: string;
  readonly seed: number;
  readonly truth: Truth;
  /** When the first fault was injected, and when the one that is the truth was. */
  readonly injectedAtMs: number;
  readonly truthAtMs: number;
  readonly incidents: readonly SeenIncident[];
  readonly ledger: readonly LedgerEffect[];
  readonly baseline: Health;
  readonly final: Health;
  /** The load generator's figures around each resolved incident's closing, by incident id. */
  readonly atClosing: Readonly<Record<string, Health>>;
};

export function score(run: Observed): ScenarioResult {
  const { truth } = run;
  const early = run.incidents.filter((incident) => incident.openedAtMs < run.injectedAtMs);
  // A false alarm that then hears of the fault speaks for the run as any other incident.
  const involved = run.incidents.filter((incident) =>
    [incident.openedAtMs, ...incident.symptomsAtMs].some((atMs) => atMs >= run.injectedAtMs),
  );
  const undoing = new Set(run.incidents.flatMap((incident) => incident.compensations));
  const actions: ActionResult[] = run.ledger
    .filter((effect) => !undoing.has(effect.intentId))
    .map((effect) => ({
      action: effect.action,
      target: effect.service,
      right: effect.service === truth.service && truth.fixedBy.includes(effect.action),
    }));
  const primary = primaryIncident(involved, run.ledger);
  const detected = involved
    .flatMap((incident) => [incident.openedAtMs, ...incident.symptomsAtMs])
    .filter((atMs) => atMs >= run.truthAtMs)
    .map((atMs) => atMs - run.truthAtMs);
  const outcome = outcomeOf(primary);
  const needlessActions = actions.filter((action) => !action.right).length;
  const needsAction = truth.fixedBy.length > 0;
  const fixed = outcome === 'recovered' && actions.some((action) => action.right);
  return {
    name: run.name,
    seed: run.seed,
    detectedMs: detected.length === 0 ? null : Math.round(Math.min(...detected)),
    incidents: run.incidents.length,
    falseAlarms: early.length,
    rootCause: rootCause(primary, truth),
    actions,
    outcome,
    serviceRecovered: isHealthy(run.final, run.baseline),
    falseResolved: involved.some(
      (incident) =>
        incident.outcome === 'resolved' && !isHealthy(run.atClosing[incident.id] ?? run.final, run.baseline),
    ),
    needlessActions,
    duplicateEffects: run.ledger.length - new Set(run.ledger.map((effect) => effect.intentId)).size,
    verifiedMs: primary?.verifiedAtMs == null ? null : Math.round(primary.verifiedAtMs - run.truthAtMs),
    needsAction,
    right: needlessActions === 0 && (fixed || !needsAction),
    users: {
      before: run.baseline,
      atClosing: involved.flatMap((incident) => run.atClosing[incident.id] ?? []),
      atEnd: run.final,
    },
    error: null,
  };
}

/** The incident that acted most; among equals the one opened first. Chosen without looking at the truth. */
function primaryIncident(
  incidents: readonly SeenIncident[],
  ledger: readonly LedgerEffect[],
): SeenIncident | undefined {
  const effects = (incident: SeenIncident) =>
    ledger.filter((effect) => incident.intents.includes(effect.intentId)).length;
  return [...incidents].sort(
    (left, right) => effects(right) - effects(left) || left.openedAtMs - right.openedAtMs,
  )[0];
}

function rootCause(incident: SeenIncident | undefined, truth: Truth): RootCauseResult {
  const hypotheses = incident?.hypotheses ?? [];
  const best = hypotheses[0];
  const isTrue = (hypothesis: SeenHypothesis) =>
    hypothesis.service === truth.service && hypothesis.cause === truth.cause;
  return {
    service: best?.service ?? null,
    cause: best?.cause ?? null,
    top1: best !== undefined && isTrue(best),
    top3: hypotheses.slice(0, 3).some(isTrue),
    inconclusive: incident?.inconclusive ?? false,
  };
}

function outcomeOf(incident: SeenIncident | undefined): string {
  if (incident === undefined) return 'none';
  if (incident.outcome === null) return 'open';
  return incident.outcome === 'resolved' ? 'recovered' : incident.outcome;
}

/** As good as before the fault: at most two points of success lost, and p95 within twice the old one plus 50 ms. */
export function isHealthy(now: Health, before: Health): boolean {
  if (now.requests === 0) return false;
  return now.successRatio >= before.successRatio - 0.02 && now.p95Ms <= before.p95Ms * 2 + 50;
}
