// The incident's own record while it runs: commands become events and state here, and a pump beside the main loop
// carries the events to the store in order. Whoever records goes on at once; whoever is about to act on the outside waits
// for `drained`, so that no effect happens before the record of what led to it.

import { CancellationScope, condition, isCancellation, log, sleep } from '@temporalio/workflow';
import { type Decision, decide, type IncidentCommand } from '../domain/incident/decide.ts';
import type { IncidentEvent } from '../domain/incident/events.ts';
import { evolve } from '../domain/incident/evolve.ts';
import type { IncidentState } from '../domain/incident/state.ts';
import { records } from './proxies.ts';
import { keptEvents } from './timings.ts';
import { showProgress } from './visibility.ts';

/** After a record call failed for good (say, a payload refused): the events stay, and are tried again this much later. */
const retryRecordMs = 30_000;

export type Journal = {
  /** The incident as of now. */
  state(): IncidentState;
  /** The latest events, oldest first; bounded. */
  timeline(): readonly IncidentEvent[];
  /** Decides the command; what is accepted is part of the state from here on. */
  record(command: IncidentCommand): Decision;
  /** What the command would be answered; changes nothing. For update validators. */
  consider(command: IncidentCommand): Decision;
  /** Says in the Temporal Web UI what the incident is waiting for. */
  waitingFor(what: string): void;
  /** Resolves when everything recorded so far is in the store. */
  drained(): Promise<void>;
};

export type JournalStart = {
  readonly state: IncidentState | null;
  readonly timeline: readonly IncidentEvent[];
};

/** Starts a journal with its pump. Without a state in `start`, the first command must be `incident-opened`. */
export function startJournal(incidentId: string, start: JournalStart): Journal {
  let current = start.state;
  let waiting = '';
  const recent: IncidentEvent[] = [...start.timeline];
  const outbox: IncidentEvent[] = [];

  function state(): IncidentState {
    if (current === null) throw new Error(`incident ${incidentId} has not been opened`);
    return current;
  }

  function record(command: IncidentCommand): Decision {
    const decision = decide(command, current, Date.now());
    if (!decision.accepted) {
      log.info('command rejected', { command: command.type, reason: decision.reason });
      return decision;
    }
    const before = current;
    for (const event of decision.events) current = evolve(current, event, incidentId);
    outbox.push(...decision.events);
    recent.push(...decision.events);
    recent.splice(0, Math.max(0, recent.length - keptEvents));
    if (before?.status !== current?.status) waiting = '';
    showProgress(before, state(), waiting);
    return decision;
  }

  async function pump(): Promise<void> {
    for (;;) {
      await condition(() => outbox.length > 0);
      const events = [...outbox];
      try {
        await records.recordEvents.executeWithOptions({ summary: summaryOf(events) }, [
          { incidentId, events, state: state() },
        ]);
        outbox.splice(0, events.length);
      } catch (error) {
        log.error('events could not be recorded, will be tried again', { incidentId, error: String(error) });
        await sleep(retryRecordMs, { summary: 'before recording again' });
      }
    }
  }

  // Not cancellable: what happened must reach the store whatever becomes of the run.
  void CancellationScope.nonCancellable(pump).catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });

  return {
    state,
    timeline: () => recent,
    record,
    consider: (command) => decide(command, current, Date.now()),
    waitingFor(what) {
      waiting = what;
      showProgress(current, state(), waiting);
    },
    drained: () => condition(() => outbox.length === 0),
  };
}

function summaryOf(events: readonly IncidentEvent[]): string {
  const names = [...new Set(events.map((event) => event.type))];
  return `record ${names.slice(0, 4).join(', ')}${names.length > 4 ? ', …' : ''}`;
}
