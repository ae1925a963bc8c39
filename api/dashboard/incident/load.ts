// Everything the page of one incident shows, read at the same time. What is not essential and cannot be read is left out and
// named; the page is for a moment when parts of the world are down.

import type { Evidence } from '../../../domain/diagnosis/diagnosis.ts';
import type { OutsideView } from '../../../domain/diagnosis/outside.ts';
import { type Briefing, briefing } from '../../../domain/incident/briefing.ts';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import type { Approvals } from '../../ports/approvals.ts';
import type { EffectRecord } from '../../ports/effects.ts';
import type { IncidentReader } from '../../ports/incidents.ts';
import type { MembersByReason } from '../../ports/members.ts';
import type { ModelTurnReader, ModelTurnRecord } from '../../ports/model-turns.ts';
import type { Rollbacks, StandingEffect } from '../../ports/rollbacks.ts';
import type { ServiceMap, ServiceMaps } from '../../ports/services.ts';
import type { SilencedHere, Silences } from '../../ports/silences.ts';
import type { TelemetryHistory } from '../../ports/telemetry.ts';
import type { Chart } from '../charts/chart.ts';
import { symptomChart } from './symptom-chart.ts';

export type IncidentData = {
  readonly state: IncidentState;
  readonly briefing: Briefing;
  readonly timeline: readonly IncidentEvent[];
  readonly evidence: readonly Evidence[];
  readonly map: ServiceMap | null;
  readonly chart: Chart | null;
  readonly postmortem: string | null;
  readonly outside: readonly OutsideView[];
  readonly modelTurns: readonly ModelTurnRecord[];
  /** As the gate has them: what a person settles is there. */
  readonly effects: readonly EffectRecord[];
  readonly membersByReason: readonly MembersByReason[];
  /** What can be taken back, and what cannot and why. */
  readonly standing: readonly StandingEffect[];
  readonly silenced: SilencedHere;
};

export type IncidentSources = {
  readonly incidents: IncidentReader;
  /** Knows of a decision, and that the time is over, before the incident does. */
  readonly approvals: Pick<Approvals, 'standing'>;
  readonly rollbacks: Pick<Rollbacks, 'standing'>;
  readonly silences: Pick<Silences, 'ofIncident'>;
  readonly serviceMaps: ServiceMaps;
  readonly modelTurns: ModelTurnReader;
  /** Null: switched off. */
  readonly history: TelemetryHistory | null;
};

/** Far more than an incident has: anomalies and attempts are bounded. */
const mostEvents = 3_000;
const mostEffects = 200;
/** A page is not held up by a history that is slow today. */
const chartTimeoutMs = 1_500;

/** Null when there is no such incident. */
export async function loadIncident(
  id: string,
  { incidents, approvals, rollbacks, silences, serviceMaps, modelTurns, history }: IncidentSources,
  nowMs: number,
): Promise<IncidentData | null> {
  const [
    found,
    timeline,
    details,
    map,
    turns,
    effects,
    standing,
    { continuedIn },
    members,
    silenced,
    outside,
  ] = await Promise.all([
    incidents.get(id),
    incidents.timeline(id, 0, mostEvents),
    incidents.details(id),
    serviceMaps.of(id),
    modelTurns.turnsOf(id),
    incidents.effects(id, mostEffects, null),
    rollbacks.standing(id),
    incidents.chain(id),
    incidents.members(id, 1, null),
    silences.ofIncident(id),
    incidents.outside(id),
  ]);
  if (found === null) return null;
  const { state } = found;
  const { evidence, postmortem } = details;
  const asked = state.approval?.planHash;
  const approval = asked === undefined ? null : await approvals.standing(id, asked);
  const chart = history === null ? null : await readChart(history, state, timeline, nowMs);
  return {
    state,
    briefing: briefing({ state, evidence, timeline, continuedIn, approval }),
    timeline,
    evidence,
    map,
    chart,
    postmortem,
    outside,
    modelTurns: turns,
    effects: effects.items,
    membersByReason: members.byReason,
    standing,
    silenced,
  };
}

/** Null when history does not answer in time: the page says so. */
async function readChart(
  history: TelemetryHistory,
  state: IncidentState,
  timeline: readonly IncidentEvent[],
  nowMs: number,
): Promise<Chart | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), chartTimeoutMs);
  });
  try {
    return await Promise.race([symptomChart(history, state, timeline, nowMs).catch(() => null), late]);
  } finally {
    clearTimeout(timer);
  }
}
