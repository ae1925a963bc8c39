/** A person says what became of an effect that nobody could tell of: an event like any other, also after the end. */
import { describe, expect, test } from 'vitest';
import { decide } from '../../../domain/incident/decide.ts';
import type { EffectSettled, IncidentEvent } from '../../../domain/incident/events.ts';
import { fold } from '../../../domain/incident/evolve.ts';
import { narrate } from '../../../domain/incident/narrate.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import { commands } from './commands.ts';

const uncertain = { ...commands.failed(), uncertain: true } as const;
const settled: EffectSettled = {
  intentId: 'i-1',
  step: 0,
  direction: 'forward',
  happened: true,
  actor: 'person:ada',
  reason: 'four run',
};

function stateAfter(...bodies: readonly object[]): IncidentState {
  const events = bodies.map((body, index) => ({ seq: index + 1, atMs: index, ...body }) as IncidentEvent);
  const state = fold(events, 'incident/1');
  if (state === null) throw new Error('the example opens the incident');
  return state;
}
const inDoubt = [...commands.executing, commands.intent(), uncertain];
const statuses = (state: IncidentState) => state.effects.map(({ status }) => status);
const event = (change: Partial<EffectSettled> = {}) =>
  ({ type: 'effect-settled', ...settled, ...change }) as const;

test.each([
  [true, 'applied'],
  [false, 'failed'],
] as const)('that it happened (%s) is what the effect is from then on', (happened, status) => {
  expect(statuses(stateAfter(...inDoubt))).toEqual(['uncertain']);
  expect(statuses(stateAfter(...inDoubt, event({ happened })))).toEqual([status]);
});

test.each([
  [true, 'undone'],
  [false, 'not-undone'],
] as const)('that an undo happened (%s) is what became of the effect it was about', (happened, status) => {
  const undo = { intentId: 'i-2', undoes: 'i-1', direction: 'compensation', happened } as const;
  expect(statuses(stateAfter(...commands.fixed, commands.compensate(), event(undo)))).toEqual([status]);
});

describe('an undo that nobody can tell the outcome of', () => {
  const undoing = [...commands.fixed, commands.compensate(), commands.intent('compensation', 'i-2')];
  const doubtful = { ...commands.failed('compensation', 'i-2'), uncertain: true } as const;
  const undo = { intentId: 'i-2', undoes: 'i-1', direction: 'compensation' } as const;
  const doubts = (...bodies: readonly object[]) =>
    stateAfter(...bodies).effects.map(({ undoInDoubt }) => undoInDoubt);

  test('is known of the effect it was about, until a person has settled it or it is done after all', () => {
    expect(doubts(...undoing, doubtful)).toEqual(['i-2']);
    const [{ stepKey = '' } = {}] = stateAfter(...undoing).effects;
    expect(doubts(...undoing, doubtful, commands.compensated([stepKey]))).toEqual(['i-2']);
    expect(doubts(...undoing, doubtful, event({ ...undo, happened: true }))).toEqual([undefined]);
    expect(doubts(...undoing, doubtful, event({ ...undo, happened: false }))).toEqual([undefined]);
    expect(doubts(...undoing, doubtful, commands.applied('compensation', 'i-2'))).toEqual([undefined]);
  });

  test('one that certainly failed is none', () => {
    expect(doubts(...undoing, commands.failed('compensation', 'i-2'))).toEqual([undefined]);
  });

  test('may be a rollback that a person asked for', () => {
    const ended = {
      type: 'rollback-ended',
      intentId: 'i-1',
      stepKey: 's',
      reason: 'r',
      actor: 'a',
      requestId: 'q',
    };
    expect(doubts(...commands.fixed, { ...ended, outcome: 'uncertain', undoneBy: 'i-3' })).toEqual(['i-3']);
    expect(doubts(...commands.fixed, { ...ended, outcome: 'failed', undoneBy: 'i-3' })).toEqual([undefined]);
  });
});

test('what has been undone since stays undone', () => {
  const undone = [...commands.fixed, commands.compensate(), commands.intent('compensation', 'i-2')];
  const state = stateAfter(...undone, commands.applied('compensation', 'i-2'), event());
  expect(statuses(state)).toEqual(['undone']);
});

describe('is accepted', () => {
  test.each([
    ['while Sentinel works', inDoubt],
    [
      'while a person has it',
      [...inDoubt, { type: 'handed-over', outcome: 'escalated', reason: 'r', actor: 'a' }],
    ],
    ['after the end', [...inDoubt, commands.close('escalated')]],
  ])('%s', (_when, so) => {
    expect(decide(event(), stateAfter(...so), 1)).toMatchObject({ accepted: true });
  });

  test('not of an effect that the incident does not know, nor before there is one', () => {
    const unknown = { accepted: false, reason: 'unknown-intent' };
    expect(decide(event({ intentId: 'i-9' }), stateAfter(...inDoubt), 1)).toEqual(unknown);
    const undo = { direction: 'compensation', intentId: 'i-1', undoes: 'i-9' } as const;
    expect(decide(event(undo), stateAfter(...inDoubt), 1)).toEqual(unknown);
    expect(decide(event(), null, 1)).toEqual({ accepted: false, reason: 'not-open' });
  });
});

test('it is told with who looked, and what they saw', () => {
  expect(narrate(event())).toBe('ada looked: step 1 happened: four run');
  const undo = { happened: false, direction: 'compensation', undoes: 'i-0' } as const;
  expect(narrate(event(undo))).toBe('ada looked: undo of step 1 did not happen: four run');
});
