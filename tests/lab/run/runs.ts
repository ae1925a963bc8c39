/** A run of the benchmark as it should go, to be changed by each test in the one thing it is about. */
import type { Health } from '../../../lab/run/report.ts';
import type { LedgerEffect, Observed, SeenIncident } from '../../../lab/run/score.ts';

/** The fault goes in at 100 s on this clock; the only incident opens 3 s later and is verified after 20. */
export const injectedAtMs = 100_000;
export const healthy: Health = { successRatio: 1, p95Ms: 100, requests: 200 };
export const broken: Health = { successRatio: 0.6, p95Ms: 100, requests: 200 };

export function effect(intentId: string, action = 'restart', service = 'orders'): LedgerEffect {
  return { at: '2030-01-01T00:00:00.000Z', intentId, action, service };
}

export function incident(overrides: Partial<SeenIncident> = {}): SeenIncident {
  return {
    id: 'incident/a/1',
    openedAtMs: injectedAtMs + 3_000,
    symptomsAtMs: [injectedAtMs + 3_000],
    closedAtMs: injectedAtMs + 21_000,
    outcome: 'resolved',
    hypotheses: [{ cause: 'hang', service: 'orders' }],
    inconclusive: false,
    verifiedAtMs: injectedAtMs + 20_000,
    intents: ['i1'],
    compensations: [],
    ...overrides,
  };
}

export function run(overrides: Partial<Observed> = {}): Observed {
  return {
    name: 'orders-hang',
    seed: 1,
    truth: { service: 'orders', cause: 'hang', fixedBy: ['restart'] },
    injectedAtMs,
    truthAtMs: injectedAtMs,
    incidents: [incident()],
    ledger: [effect('i1')],
    baseline: healthy,
    final: healthy,
    atClosing: { 'incident/a/1': healthy },
    ...overrides,
  };
}
