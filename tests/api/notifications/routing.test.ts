/** Who is told what, and what may wait. */
import { expect, test } from 'vitest';
import type { Route } from '../../../api/notifications/ports.ts';
import { dutyOf } from '../../../api/notifications/routing.ts';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import { fold } from '../../../domain/incident/evolve.ts';
import { moments } from '../../../domain/incident/moments.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import { commands } from '../../domain/incident/commands.ts';
import { approval } from '../../support/incident-examples.ts';

const timeline: readonly IncidentEvent[] = [
  ...commands.planned,
  { type: 'decided' as const, attempt: 1, verdict: approval() },
  commands.requestApproval(),
  commands.close('escalated'),
].map((command, index) => ({ seq: index + 1, atMs: index, ...command }));
const asked = timeline.slice(0, -1);

function stateAfter(events: readonly IncidentEvent[], change: Partial<IncidentState> = {}): IncidentState {
  const state = fold(events, 'incident/1');
  if (state === null) throw new Error('the example has no incident');
  return { ...state, ...change };
}

const everything: Route = {
  severities: ['info', 'warning', 'critical'],
  environments: ['*'],
  moments,
  cooldownMs: 60_000,
};

function duty(events: readonly IncidentEvent[], more: Partial<Parameters<typeof dutyOf>[0]> = {}) {
  return dutyOf({
    state: more.state ?? stateAfter(events),
    events,
    told: false,
    again: null,
    follows: 'moments',
    route: everything,
    ...more,
  });
}

test('whoever has heard of nothing hears what still counts, at once', () => {
  expect(duty(timeline.slice(0, 2))).toEqual({ kind: 'tell', moments: ['opened'], urgent: true });
  expect(duty(asked)).toEqual({ kind: 'tell', moments: ['opened', 'approval'], urgent: true });
  expect(duty(timeline)).toEqual({ kind: 'tell', moments: ['opened', 'escalated'], urgent: true });
});

test.each<[string, Partial<Route>]>([
  ['severity', { severities: ['critical'] }],
  ['environment', { environments: ['prod*'] }],
  ['moment', { moments: ['closed'] }],
])('an incident of another %s is not told', (_what, other) => {
  expect(duty(asked, { route: { ...everything, ...other } })).toEqual({ kind: 'nothing' });
});

test('an incident that became graver is told then, although it was of no interest when it opened', () => {
  const route: Route = { ...everything, severities: ['critical'], moments: ['opened'] };
  const latest = asked.slice(-1);
  expect(duty(latest, { state: stateAfter(asked), route })).toEqual({ kind: 'nothing' });
  expect(duty(latest, { state: stateAfter(asked, { severity: 'critical' }), route })).toMatchObject({
    kind: 'tell',
    moments: ['opened'],
  });
});

test('between moments only followers are told, and may be kept waiting', () => {
  const between = timeline.slice(1, 4);
  const state = stateAfter(timeline.slice(0, 4));
  expect(duty(between, { state, told: true })).toEqual({ kind: 'nothing' });
  expect(duty(between, { state, told: true, follows: 'everything' })).toEqual({
    kind: 'tell',
    moments: [],
    urgent: false,
  });
  expect(duty([], { state, told: true, follows: 'everything' })).toEqual({ kind: 'nothing' });
});

test('approvals and the end do not wait; the end is told to everybody who was told of the beginning', () => {
  const request = asked.slice(-1);
  expect(duty(request, { state: stateAfter(asked), told: true })).toEqual({
    kind: 'tell',
    moments: ['approval'],
    urgent: true,
  });
  const onlyOpenings: Route = { ...everything, moments: ['opened'], severities: ['critical'] };
  expect(duty(timeline.slice(-1), { state: stateAfter(timeline), told: true, route: onlyOpenings })).toEqual({
    kind: 'tell',
    moments: ['escalated'],
    urgent: true,
  });
});

test('looked at again without news, only followers are told; a call to people does not wait', () => {
  const state = stateAfter(asked);
  const known = { state, told: true, follows: 'everything' } as const;
  expect(duty([], { ...known, again: 'looks' })).toEqual({ kind: 'tell', moments: [], urgent: false });
  expect(duty([], { ...known, again: 'calls' })).toEqual({ kind: 'tell', moments: [], urgent: true });
  expect(duty([], { ...known, again: 'calls', follows: 'moments' })).toEqual({ kind: 'nothing' });
});
