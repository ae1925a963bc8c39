/** Handed over is not over: what can still happen to an incident that a person has in hand, and what people read of it. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import { maxSeenAnomalies } from '../../../domain/incident/anomalies.ts';
import { briefing } from '../../../domain/incident/briefing.ts';
import { decide, type IncidentCommand } from '../../../domain/incident/decide.ts';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import { evolve } from '../../../domain/incident/evolve.ts';
import { momentOf, momentsNow } from '../../../domain/incident/moments.ts';
import { narrate } from '../../../domain/incident/narrate.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import { anomaly } from '../../support/incident-examples.ts';
import { anyCommand, commands, opened } from './commands.ts';

const handOver = (
  outcome: 'escalated' | 'taken-over' = 'escalated',
  actor = 'sentinel',
): IncidentCommand => ({
  type: 'handed-over',
  outcome,
  reason: 'nothing to try',
  actor,
});
const close = (end?: 'cleared' | 'closed-by-person', outcome: 'escalated' | 'taken-over' = 'escalated') =>
  ({
    type: 'incident-closed',
    outcome,
    reason: 'all clear',
    actor: 'ann',
    ...(end === undefined ? {} : { end }),
  }) satisfies IncidentCommand;
const fires = (id: string, change: Partial<Anomaly> = {}): IncidentCommand => ({
  type: 'anomaly-observed',
  anomaly: anomaly(id, { detector: 'external', signal: 'reported', seriesKey: 'alert|one', ...change }),
});
const clears = (anomalyId: string): IncidentCommand => ({ type: 'anomaly-cleared', anomalyId, clearedMs: 3 });

function live(...given: readonly IncidentCommand[]) {
  let state: IncidentState | null = null;
  const events: IncidentEvent[] = [];
  const answers = [opened, ...given].map((command, index) => {
    const decision = decide(command, state, index);
    if (!decision.accepted) return decision.reason;
    for (const event of decision.events) state = evolve(state, event, 'incident/1');
    events.push(...decision.events);
    return 'accepted';
  });
  if (state === null) throw new Error('it was opened');
  return { state: state as IncidentState, events, answers: answers.slice(1) };
}
const last = (...given: readonly IncidentCommand[]): string => live(...given).answers.at(-1) ?? '';

describe('an incident that a person has in hand', () => {
  test('is open, and says that a person has it', () => {
    const { state, events } = live(fires('a'), handOver());
    expect(state).toMatchObject({ status: 'handed-over', outcome: 'escalated', closedAtMs: null });
    expect(momentsNow(state)).toEqual(['opened', 'escalated']);
    expect(events.map(momentOf)).toEqual(['opened', null, 'escalated']);
    expect(briefing({ state, timeline: events }).ending).toEqual({
      outcome: 'escalated',
      actor: 'sentinel',
      reason: 'nothing to try',
      end: null,
    });
  });

  test.each<[string, readonly IncidentCommand[], string]>([
    ['ends when everything has cleared', [fires('a'), handOver(), clears('a'), close('cleared')], 'accepted'],
    ['does not end as cleared while it fires', [fires('a'), handOver(), close('cleared')], 'not-verified'],
    ['is closed by a person while it fires', [fires('a'), handOver(), close('closed-by-person')], 'accepted'],
    ['ends as what it is', [fires('a'), handOver(), close('closed-by-person', 'taken-over')], 'out-of-order'],
    ['does not end without saying how', [fires('a'), handOver(), clears('a'), close()], 'out-of-order'],
    ['is handed over once', [fires('a'), handOver(), handOver()], 'already-decided'],
    ['is taken over by somebody', [fires('a'), handOver(), handOver('taken-over', 'ann')], 'accepted'],
    [
      'is not handed on once somebody has it',
      [fires('a'), handOver('taken-over'), handOver()],
      'already-decided',
    ],
    [
      'takes notes',
      [fires('a'), handOver(), { type: 'note-added', noteId: 'n', actor: 'ann', text: 't' }],
      'accepted',
    ],
    [
      'one that nobody has in hand does not end this way',
      [fires('a'), clears('a'), close('cleared')],
      'out-of-order',
    ],
  ])('%s', (_what, given, answer) => {
    expect(last(...given)).toBe(answer);
  });

  test('takes nothing that Sentinel would do', () => {
    const allowed = ['anomaly-observed', 'anomaly-cleared', 'note-added', 'handed-over', 'incident-closed'];
    fc.assert(
      fc.property(anyCommand, (command) => {
        const answer = last(fires('a'), handOver(), command);
        if (!allowed.includes(command.type)) expect(answer).not.toBe('accepted');
      }),
    );
  });

  test('undoes nothing any more', () => {
    const undo = { type: 'compensation-started', attempt: 0, reason: 'r' } as const;
    expect(last(fires('a'), undo)).toBe('accepted');
    expect(last(fires('a'), handOver(), undo)).toBe('out-of-order');
  });

  test('its end is told as an end', () => {
    const { state, events } = live(fires('a'), handOver(), clears('a'), close('cleared'));
    expect(momentOf(events.at(-1) as IncidentEvent)).toBe('closed');
    expect(momentsNow(state)).toEqual(['opened', 'closed']);
    expect(narrate(events.at(-1) as IncidentEvent)).toBe('Over: all clear');
    expect(momentOf(commands.close('escalated'))).toBe('escalated');
  });
});

describe('what comes and goes', () => {
  const flapping = Array.from({ length: 5 }, (_, index) => [
    fires(`a-${index}`),
    clears(`a-${index}`),
  ]).flat();

  test('is counted, and only its latest occurrence is kept', () => {
    const { state, events } = live(...flapping, fires('a-5'));
    expect(state).toMatchObject({ returns: 5, anomaliesSeen: 1 });
    expect(Object.keys(state.anomalies)).toEqual(['a-5']);
    expect(narrate(events.at(-1) as IncidentEvent)).toMatch(/^Back again \(5 times so far\)/);
    expect(briefing({ state }).returns).toBe(5);
  });

  test('is counted for one alert although others keep firing', () => {
    const other = fires('b', { seriesKey: 'alert|two' });
    const { state } = live(other, fires('a-1'), clears('a-1'), fires('a-2'));
    expect(state).toMatchObject({ returns: 1 });
    expect(Object.keys(state.anomalies)).toEqual(['b', 'a-2']);
  });

  test('is heard of however often: no limit of anomalies hides that it fires', () => {
    const state = { ...live(fires('a-1'), clears('a-1')).state, anomaliesSeen: maxSeenAnomalies };
    expect(decide(fires('a-2'), state, 1)).toMatchObject({ accepted: true });
    expect(decide(fires('b', { seriesKey: 'alert|two' }), state, 1)).toMatchObject({
      reason: 'anomaly-limit',
    });
  });

  test('a measured series keeps its earlier finding: what was normal before the first one counts', () => {
    const measured = { detector: 'error-ratio', signal: 'errors' } as const;
    const { state } = live(fires('a', measured), clears('a'), fires('b', measured));
    expect(Object.keys(state.anomalies)).toEqual(['a', 'b']);
    expect(state.returns).toBe(1);
  });

  test('what joins while the rest still fires is no return', () => {
    expect(live(fires('a'), fires('b', { seriesKey: 'alert|two' })).state.returns).toBeUndefined();
  });
});
