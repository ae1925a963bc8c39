// The two incidents of the demo, one after the other on one stage: one that Sentinel fixes without asking, and one that
// a person approves, whose first fix does not help and is undone. Tells what happens as it happens.

import { setTimeout as delay } from 'node:timers/promises';
import { playFaults } from '../scenario/play.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { IncidentSummary, PendingApproval, TimelineEvent } from './client.ts';
import { toSeen } from './client.ts';
import { caughtUpForMs, isJudged } from './scenario-run.ts';
import { type Stage, voterFor } from './stage.ts';

export type DemoIncident = {
  readonly scenario: string;
  readonly incident: string | null;
  /** `recovered` for a verified fix. */
  readonly outcome: string;
  readonly attempts: number;
  readonly approvals: number;
  readonly compensations: number;
  /** All from the injection of the fault. */
  readonly detectedMs: number | null;
  readonly diagnosedMs: number | null;
  readonly verifiedMs: number | null;
};

export type DemoAudience = {
  say(line: string): void;
  /** `findings` are sentences of the evidence that the event speaks of. */
  event(event: TimelineEvent, findings: readonly string[]): void;
  opened(incident: IncidentSummary): void;
  /** Resolves with the answer of the person at the terminal, or null when somebody else is to decide. */
  ask(pending: PendingApproval, incident: IncidentSummary): Promise<'approve' | 'reject' | null>;
};

const pollMs = 200;
const extensionMs = 20_000;

export type DemoClock = { nowMs(): number; pause(ms: number): Promise<void> };
const realClock: DemoClock = { nowMs: () => Date.now(), pause: (ms) => delay(ms) };

export async function playIncident(
  stage: Stage,
  scenario: Scenario,
  audience: DemoAudience,
  clock: DemoClock = realClock,
): Promise<DemoIncident> {
  const { lab, operator } = stage;
  const known = new Set((await operator.incidents()).map((incident) => incident.id));
  audience.say(await trafficLine(stage, 'before'));
  const injectedAtMs = clock.nowMs();
  const playing = playFaults(lab, scenario.faults);
  let deadlineMs = injectedAtMs + scenario.deadlineMs;
  let lookedAtMs = injectedAtMs;
  let extendedMs = 0;

  const asked = new Set<string>();
  let incident: IncidentSummary | null = null;
  const timeline: TimelineEvent[] = [];
  /** On a busy machine Sentinel waits until it has caught up before it acts: what it has begun is told to its end. */
  async function goesOn(): Promise<boolean> {
    if (incident === null || incident.closedAtMs !== null || extendedMs >= caughtUpForMs) return false;
    if (!isJudged([incident]) && !(await operator.isOverloaded())) return false;
    if (extendedMs === 0) audience.say('This machine is busy, and Sentinel is behind: this takes longer.');
    extendedMs += extensionMs;
    deadlineMs = clock.nowMs() + extensionMs;
    return true;
  }
  while (clock.nowMs() < deadlineMs || (await goesOn())) {
    const nowMs = clock.nowMs();
    // The story has its time; people have theirs. While one is asked, the clock stands still.
    if (await isWaitingForPeople(stage, incident)) deadlineMs += nowMs - lookedAtMs;
    lookedAtMs = nowMs;
    const fresh = (await operator.incidents()).filter((candidate) => !known.has(candidate.id));
    const current = fresh.at(-1);
    if (current !== undefined) {
      if (incident === null) {
        audience.opened(current);
        audience.say(await trafficLine(stage, 'now'));
      }
      incident = current;
      for (const event of await operator.timeline(current.id, timeline.at(-1)?.seq ?? 0)) {
        timeline.push(event);
        audience.event(event, event.type === 'enriched' ? await findings(stage, current, event) : []);
      }
      await decide(stage, current, asked, audience);
      if (fresh.every((candidate) => candidate.closedAtMs !== null) && endsWithClose(timeline)) break;
    }
    await clock.pause(pollMs);
  }
  await playing;
  audience.say(await trafficLine(stage, 'after'));
  return toResult(scenario, incident, timeline, injectedAtMs);
}

async function isWaitingForPeople({ operator }: Stage, incident: IncidentSummary | null): Promise<boolean> {
  if (incident === null) return false;
  return (await operator.pendingApprovals()).some(({ incidentId }) => incidentId === incident.id);
}

async function findings(
  { operator }: Stage,
  incident: IncidentSummary,
  event: TimelineEvent,
): Promise<string[]> {
  const ofThisAttempt = (event.evidenceIds as readonly string[]).length;
  const evidence = await operator.evidence(incident.id);
  return evidence.slice(evidence.length - ofThisAttempt).map(({ id, finding }) => `${id} ${finding}`);
}

function endsWithClose(timeline: readonly TimelineEvent[]): boolean {
  return timeline.some((event) => event.type === 'incident-closed');
}

async function decide(
  stage: Stage,
  incident: IncidentSummary,
  asked: Set<string>,
  audience: DemoAudience,
): Promise<void> {
  for (const pending of await stage.operator.pendingApprovals()) {
    if (pending.incidentId !== incident.id || asked.has(pending.planHash)) continue;
    asked.add(pending.planHash);
    // Not awaited: the story goes on while the person thinks, and may be decided elsewhere.
    void audience
      .ask(pending, incident)
      .then(async (answer) => {
        if (answer !== null)
          await voterFor(pending, stage).decide(pending, answer, 'decided at the terminal of the demo');
      })
      .catch((error: unknown) => audience.say(`The answer was not recorded: ${String(error)}`));
  }
}

/** The users' view: what the load generator measured over the last seconds. */
async function trafficLine({ lab }: Stage, when: string): Promise<string> {
  const nowMs = Date.now();
  const { successRate, p95Ms, sent } = await lab.stats(nowMs - 4_000, nowMs - 1_000);
  const success =
    successRate === null ? 'no answer' : `${(successRate * 100).toFixed(1)} % of requests succeed`;
  return `Users ${when}: ${success}, p95 ${p95Ms === null ? '-' : `${Math.round(p95Ms)} ms`} (${sent} requests in 3 s)`;
}

function toResult(
  scenario: Scenario,
  incident: IncidentSummary | null,
  timeline: readonly TimelineEvent[],
  injectedAtMs: number,
): DemoIncident {
  const first = (type: string) => timeline.find((event) => event.type === type)?.atMs;
  const since = (atMs: number | null | undefined) => (atMs == null ? null : Math.round(atMs - injectedAtMs));
  const count = (type: string) => timeline.filter((event) => event.type === type).length;
  const seen = incident === null ? null : toSeen(incident, timeline);
  const outcome = incident?.outcome ?? (incident === null ? 'none' : 'open');
  return {
    scenario: scenario.name,
    incident: incident?.id ?? null,
    outcome: outcome === 'resolved' ? 'recovered' : outcome,
    attempts: count('decided'),
    approvals: count('approval-granted'),
    compensations: seen?.compensations.length ?? 0,
    detectedMs: since(incident?.openedAtMs),
    diagnosedMs: since(first('diagnosed')),
    verifiedMs: since(seen?.verifiedAtMs),
  };
}
