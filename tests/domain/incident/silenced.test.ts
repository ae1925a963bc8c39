/** A silence in the life of an incident: said once, over once, and no way to lose a symptom that is there. */
import { expect, test } from 'vitest';
import { briefing } from '../../../domain/incident/briefing.ts';
import { decide } from '../../../domain/incident/decide.ts';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import { fold } from '../../../domain/incident/evolve.ts';
import { narrate } from '../../../domain/incident/narrate.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import { commands, opened } from './commands.ts';

const by = { silenceId: 'silence-1', actor: 'person:ada', reason: 'load test', untilMs: 60_000 };
const silenced = { type: 'silenced', ...by } as const;
const over = { type: 'silence-ended', silenceId: 'silence-1' } as const;
const suppressed = { type: 'incident-closed', outcome: 'suppressed', reason: 'r', actor: 'x' } as const;

function stateAfter(...bodies: readonly object[]): IncidentState {
  const events = bodies.map((body, index) => ({ seq: index + 1, atMs: index, ...body }) as IncidentEvent);
  const state = fold(events, 'incident/1');
  if (state === null) throw new Error('the example opens the incident');
  return state;
}
const open = (...more: readonly object[]) =>
  stateAfter(opened, commands.observe('a1', 'critical', 1), ...more);
const cleared = { type: 'anomaly-cleared', anomalyId: 'a1', clearedMs: 5 };

test('it is known while it lasts, and said to people', () => {
  expect(open(silenced).silenced).toEqual(by);
  expect(open(silenced, over).silenced).toBeUndefined();
  expect(briefing({ state: open(silenced) }).silenced).toEqual({
    by: 'ada',
    reason: 'load test',
    untilMs: 60_000,
  });
  expect(briefing({ state: open(silenced, over) }).silenced).toBeNull();
  expect(narrate(silenced)).toContain('by ada: load test');
});

test('only what silences it is over', () => {
  expect(decide(over, open(silenced), 0)).toMatchObject({ accepted: true });
  expect(decide(over, open(), 0)).toEqual({ accepted: false, reason: 'out-of-order' });
  expect(decide({ ...over, silenceId: 'silence-2' }, open(silenced), 0)).toMatchObject({ accepted: false });
});

test('nothing is suppressed while it fires, or while something of Sentinel’s stands', () => {
  expect(decide(suppressed, open(silenced), 0)).toEqual({ accepted: false, reason: 'not-verified' });
  expect(decide(suppressed, open(silenced, cleared), 0)).toMatchObject({ accepted: true });
  expect(decide(suppressed, stateAfter(...commands.fixed, cleared), 0)).toEqual({
    accepted: false,
    reason: 'out-of-order',
  });
});
