// One scenario, from an empty lab and an empty Sentinel to a judged result. Everything runs in processes of their own
// and is gone afterwards.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { playFaults } from '../scenario/play.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Lab } from '../system.ts';
import type { IncidentSummary } from './client.ts';
import type { Health, ScenarioResult } from './report.ts';
import { type Observed, score } from './score.ts';
import { type Stage, startStage, voterFor } from './stage.ts';
import { unlessStopped } from './stopping.ts';

export type RunOptions = {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Configuration Sentinel is started with. */
  readonly template: string;
  /** Keep the folder with logs and data, and say where it is. */
  readonly keep: boolean;
  /** Whether busy loops take Sentinel's CPU time away: it then waits until it has caught up, and is given the time for that. */
  readonly starved: boolean;
  /** How often metrics are sent; what takes samples takes as much longer. */
  readonly telemetryIntervalMs: number;
  readonly narrate: (line: string) => void;
  /** Ends the run early; everything of it is gone when the run has ended. */
  readonly stopping?: AbortSignal | undefined;
};

/** After the last incident is closed: how long the system is left alone before it is judged. */
const quietMs = 6_000;
/** A fix that is in the system at the deadline is judged to its end, for so long: on a starved machine verifying it takes longer. */
const judgedForMs = 3 * 60_000;
/** A starved Sentinel waits up to three minutes to catch up before it concludes anything, and then acts and verifies. */
export const caughtUpForMs = 5 * 60_000;
/** The window the load generator's figures are taken over. */
const healthWindowMs = 5_000;

export async function runScenario(options: RunOptions): Promise<ScenarioResult> {
  const dir = await mkdtemp(join(tmpdir(), 'sentinel-lab-'));
  let stage: Stage | null = null;
  try {
    stage = await startStage({
      seed: options.seed,
      requestsPerSecond: options.scenario.load.requestsPerSecond,
      template: options.template,
      dir,
      temporary: !options.keep,
      starved: options.starved,
      telemetryIntervalMs: options.telemetryIntervalMs,
    });
    return score(await unlessStopped(observe(options, stage), options.stopping));
  } catch (error) {
    return failedRun(options.scenario, options.seed, error);
  } finally {
    await stage?.stop();
    if (options.keep) options.narrate(`kept ${dir}`);
    else await rm(dir, { recursive: true, force: true }); // where the stage never stood
  }
}

async function observe(
  { scenario, seed, starved, telemetryIntervalMs }: RunOptions,
  { lab, admin, operator }: Stage,
): Promise<Observed> {
  // Sentinel's own start-up is not part of the scenario: the warm-up counts from when both are up.
  await delay(warmUpMs(scenario, telemetryIntervalMs));
  const injectedAtMs = Date.now();
  const baseline = await health(lab, injectedAtMs - Math.min(scenario.warmUpMs, 10_000), injectedAtMs);
  const injecting = playFaults(lab, scenario.faults);

  const atClosing: Record<string, Health> = {};
  const deadlineMs = injectedAtMs + scenario.deadlineMs + moreTimeMs(telemetryIntervalMs);
  const lastFaultMs = injectedAtMs + Math.max(...scenario.faults.map((fault) => fault.atMs));
  let closedSinceMs: number | null = null;
  let incidents: readonly IncidentSummary[] = [];
  const needsAction = scenario.truth.fixedBy.length > 0;
  const goesOn = (lateMs: number): boolean =>
    (lateMs < judgedForMs && isJudged(incidents)) ||
    (starved &&
      needsAction &&
      lateMs < caughtUpForMs &&
      incidents.some(({ closedAtMs }) => closedAtMs === null));
  while (Date.now() < deadlineMs || goesOn(Date.now() - deadlineMs)) {
    await approveAll({ operator, admin });
    incidents = await operator.incidents();
    await noteClosings(incidents, atClosing, lab);
    const allClosed = incidents.length > 0 && incidents.every((incident) => incident.closedAtMs !== null);
    closedSinceMs = allClosed ? (closedSinceMs ?? Date.now()) : null;
    // Where nothing should be done the whole time counts: an action may still come.
    const over = needsAction && Date.now() > lastFaultMs && closedSinceMs !== null;
    if (over && Date.now() - (closedSinceMs ?? 0) >= quietMs) break;
    await delay(300);
  }
  await injecting;

  const endMs = Date.now();
  const seen = await Promise.all((await admin.incidents()).map((summary) => admin.seen(summary)));
  return {
    name: scenario.name,
    seed,
    truth: scenario.truth,
    injectedAtMs,
    truthAtMs: injectedAtMs + truthOffsetMs(scenario),
    incidents: seen,
    ledger: await lab.ledger(),
    baseline,
    final: await health(lab, endMs - healthWindowMs - 1_500, endMs - 1_500),
    atClosing,
  };
}

/** Until detection knows what is usual: fifteen samples, or five over five minutes. */
function warmUpMs({ warmUpMs: least }: Scenario, telemetryIntervalMs: number): number {
  if (telemetryIntervalMs <= 1_000) return least;
  return Math.max(least, Math.min(16 * telemetryIntervalMs, Math.max(6 * telemetryIntervalMs, 310_000)));
}

/** To find it, and to see that it is over, takes samples. */
function moreTimeMs(telemetryIntervalMs: number): number {
  return telemetryIntervalMs <= 1_000 ? 0 : 20 * telemetryIntervalMs;
}

/** Whether an effect is in the system whose outcome nobody has told yet. */
export const isJudged = (incidents: readonly IncidentSummary[]): boolean =>
  incidents.some(({ status }) => ['executing', 'verifying', 'compensating'].includes(status));

/** When the fault that is the truth goes in; red herrings may come before it. */
function truthOffsetMs({ faults, truth }: Scenario): number {
  const cause = faults.filter((fault) => fault.service === truth.service && fault.kind === truth.cause);
  return Math.min(...(cause.length > 0 ? cause : faults).map((fault) => fault.atMs));
}

async function approveAll(people: Pick<Stage, 'operator' | 'admin'>): Promise<void> {
  for (const pending of await people.operator.pendingApprovals()) {
    const voter = voterFor(pending, people);
    await voter.decide(pending, 'approve', 'approved by the unattended operator of the benchmark');
  }
}

/** The oracle's view of the seconds around each closing: was the symptom really gone? */
async function noteClosings(
  incidents: readonly IncidentSummary[],
  atClosing: Record<string, Health>,
  lab: Lab,
): Promise<void> {
  for (const incident of incidents) {
    if (
      incident.closedAtMs === null ||
      incident.outcome !== 'resolved' ||
      atClosing[incident.id] !== undefined
    )
      continue;
    atClosing[incident.id] = await health(
      lab,
      incident.closedAtMs - healthWindowMs,
      incident.closedAtMs - 1_000,
    );
  }
}

async function health(lab: Lab, fromMs: number, toMs: number): Promise<Health> {
  const stats = await lab.stats(fromMs, toMs);
  return {
    successRatio: stats.successRate ?? 0,
    p95Ms: stats.p95Ms ?? Number.POSITIVE_INFINITY,
    requests: stats.sent,
  };
}

/** A run that could not be judged counts as everything missed, with the reason. */
function failedRun(scenario: Scenario, seed: number, error: unknown): ScenarioResult {
  return {
    name: scenario.name,
    seed,
    detectedMs: null,
    incidents: 0,
    falseAlarms: 0,
    rootCause: { service: null, cause: null, top1: false, top3: false, inconclusive: false },
    actions: [],
    outcome: 'error',
    serviceRecovered: false,
    falseResolved: false,
    needlessActions: 0,
    duplicateEffects: 0,
    verifiedMs: null,
    needsAction: scenario.truth.fixedBy.length > 0,
    right: false,
    users: null,
    error: error instanceof Error ? error.message : String(error),
  };
}
