// Incidents that are open by the record and have no workflow: it was terminated, it failed, or Temporal lost its data.
// Nothing would ever happen in them. They are noticed within half a minute, told in `/ready`, and given a new workflow that
// goes on from the record, or hands the incident to a person where going on is not safe.

import { shortIncidentId } from '../domain/incident/incident-id.ts';
import { handOverReason } from '../domain/incident/restart.ts';
import type { ComponentHealth } from './ports/health.ts';
import type { Logger } from './ports/logger.ts';
import type { Metrics } from './ports/metrics.ts';
import type { IncidentRestarts, IncidentWorkflows } from './ports/restarts.ts';
import { startRounds } from './rounds.ts';

export type ReconcilerDeps = {
  readonly restarts: IncidentRestarts;
  readonly workflows: IncidentWorkflows;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock: { nowMs(): number };
  /** Pause between two looks. Default 20 s. */
  readonly intervalMs?: number;
};

export type Reconciler = {
  /** Looks at every open incident once, and starts what is gone. Throws when the store or Temporal cannot be asked. */
  look(): Promise<void>;
  health(): ComponentHealth;
  stop(): Promise<void>;
};

/** Looks at Temporal at the same time: a look at a workflow takes milliseconds. */
const lanes = 8;
/** How long `/ready` goes on telling of an incident that was started again. */
const toldForMs = 10 * 60_000;

export function startReconciler(deps: ReconcilerDeps): Reconciler {
  const { restarts, workflows, metrics, log, clock, intervalMs = 20_000 } = deps;
  let gone: readonly string[] = [];
  let restarted: readonly { readonly incidentId: string; readonly atMs: number }[] = [];

  async function look(isStopped: () => boolean = () => false): Promise<void> {
    const open = [...(await restarts.open())];
    const found: string[] = [];
    const lane = async (): Promise<void> => {
      for (let id = open.shift(); id !== undefined && !isStopped(); id = open.shift()) {
        const reason = await workflows.goneReason(id);
        if (reason === null) continue;
        found.push(id);
        await startAgain(id, reason);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    gone = found;
    metrics.gauge('sentinel_incidents_without_workflow', {}, found.length);
  }

  async function startAgain(incidentId: string, reason: string): Promise<void> {
    const record = await restarts.claim(incidentId);
    if (record === null) return; // closed meanwhile, or another process has just taken it
    const handOver = handOverReason(record);
    log.error({ incidentId, reason, handOver }, 'an open incident has no workflow; it is started again');
    const started = await workflows.restart(record, { reason, handOver });
    if (!started) return;
    metrics.count('sentinel_incident_restarts_total', {
      result: handOver === null ? 'resumed' : 'handed-over',
    });
    const nowMs = clock.nowMs();
    restarted = [...restarted.filter(({ atMs }) => atMs > nowMs - toldForMs), { incidentId, atMs: nowMs }];
  }

  const rounds = startRounds(look, {
    intervalMs,
    failed: (error) =>
      log.warn({ err: error }, 'could not look whether every open incident has its workflow'),
  });

  return {
    look: () => look(),
    health() {
      const name = 'incident workflows';
      if (gone.length > 0)
        return {
          name,
          ok: false,
          required: false,
          detail: `${gone.length} open incidents had no workflow and were started again: ${named(gone)}`,
        };
      const lately = restarted.filter(({ atMs }) => atMs > clock.nowMs() - toldForMs);
      const detail =
        lately.length === 0
          ? 'every open incident has one'
          : `started again in the last ten minutes: ${named(lately.map(({ incidentId }) => incidentId))}`;
      return { name, ok: true, required: false, detail };
    },
    stop: rounds.stop,
  };
}

const named = (ids: readonly string[]): string => {
  const shown = ids.slice(0, 5).map(shortIncidentId).join(', ');
  return ids.length > 5 ? `${shown} and ${ids.length - 5} more` : shown;
};
