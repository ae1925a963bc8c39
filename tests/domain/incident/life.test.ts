/** The rules of an incident's life: by example, and as properties over any sequence of commands. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { standingEffects } from '../../../domain/incident/attempts.ts';
import { decide, type IncidentCommand, rejections } from '../../../domain/incident/decide.ts';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import { evolve, fold } from '../../../domain/incident/evolve.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import { anyCommand, commands, opened, plan } from './commands.ts';

/** Gives the commands one after the other; what is accepted happens. */
function live(given: readonly IncidentCommand[]): {
  readonly state: IncidentState | null;
  readonly events: readonly IncidentEvent[];
  readonly answers: readonly string[];
} {
  let state: IncidentState | null = null;
  const events: IncidentEvent[] = [];
  const answers = given.map((command, index) => {
    const decision = decide(command, state, index);
    if (!decision.accepted) return decision.reason;
    for (const event of decision.events) state = evolve(state, event, 'incident/1');
    events.push(...decision.events);
    return 'accepted';
  });
  return { state, events, answers };
}

/** What the last command is answered after the others. */
function answerTo(command: IncidentCommand, after: readonly IncidentCommand[]): string {
  const { answers } = live([...after, command]);
  expect(answers.slice(0, -1).filter((answer) => answer !== 'accepted')).toEqual([]);
  return answers.at(-1) ?? '';
}

const { fixed, planned, executing, verifying } = commands;

describe('by example', () => {
  test('a fix that was verified resolves', () => {
    const { state, answers } = live([...fixed, commands.verified('recovered'), commands.close('resolved')]);
    expect(new Set(answers)).toEqual(new Set(['accepted']));
    expect(state).toMatchObject({ status: 'closed', outcome: 'resolved', effects: [{ status: 'applied' }] });
  });

  test('nothing resolves before the verification, nor after one that did not see recovery', () => {
    expect(answerTo(commands.close('resolved'), fixed)).toBe('not-verified');
    expect(answerTo(commands.close('resolved'), [...fixed, commands.verified('not-recovered')])).toBe(
      'not-verified',
    );
    expect(answerTo(commands.close('resolved'), [...fixed, commands.verified('unverified')])).toBe(
      'not-verified',
    );
  });

  test('a verification from before the effect does not count for it', () => {
    const before = [...executing, commands.verified('recovered'), commands.intent(), commands.applied()];
    expect(answerTo(commands.close('resolved'), before)).toBe('not-verified');
  });

  test('self-recovery needs a verification, and no effect that stands', () => {
    expect(answerTo(commands.close('self-recovered'), [opened])).toBe('not-verified');
    expect(answerTo(commands.close('self-recovered'), [opened, commands.verified('recovered', 0)])).toBe(
      'accepted',
    );
    expect(answerTo(commands.close('self-recovered'), [...fixed, commands.verified('recovered')])).toBe(
      'not-verified',
    );
  });

  test('no effect without a grant', () => {
    expect(answerTo(commands.intent(), planned)).toBe('no-grant');
    const asked = [...planned, commands.decided('approval'), commands.requestApproval()];
    expect(answerTo(commands.intent(), asked)).toBe('no-grant');
    expect(
      answerTo(commands.intent(), [...asked, { type: 'approval-granted', planHash: plan.planHash }]),
    ).toBe('accepted');
    expect(answerTo(commands.intent(), [...planned, commands.decided('deny')])).toBe('no-grant');
  });

  describe('a plan that was granted', () => {
    const granted: IncidentCommand = { type: 'approval-granted', planHash: plan.planHash };
    const asked = [...planned, commands.decided('approval'), commands.requestApproval()];
    const approved = [...asked, commands.approve('ap-1'), granted];

    test('may be asked about again, and what was said of it stays', () => {
      const again = [...approved, commands.askAgain(2)];
      expect(answerTo(commands.askAgain(2), approved)).toBe('accepted');
      expect(live(again).state).toMatchObject({
        status: 'awaiting-approval',
        approval: { quorum: 2, round: 2, deadlineMs: 2_000_000, decisions: [{ approvalId: 'ap-1' }] },
      });
      expect(answerTo(commands.intent(), again)).toBe('no-grant');
      expect(answerTo(commands.intent(), [...again, granted])).toBe('accepted');
    });

    test('by policy alone, may be asked about for the first time', () => {
      const auto = [...planned, commands.decided('auto')];
      expect(answerTo(commands.askAgain(1), auto)).toBe('accepted');
      expect(answerTo(commands.requestApproval(), auto)).toBe('out-of-order');
      expect(answerTo(commands.intent(), [...auto, commands.askAgain(1)])).toBe('no-grant');
    });

    test('is asked about one round after the other, and not while it is asked', () => {
      expect(answerTo(commands.askAgain(1), approved)).toBe('out-of-order');
      expect(answerTo(commands.askAgain(3), approved)).toBe('out-of-order');
      expect(answerTo(commands.askAgain(2), asked)).toBe('out-of-order');
    });

    test('is not asked about any more once something of it was done', () => {
      const written = [...approved, commands.intent()];
      expect(answerTo(commands.askAgain(2), written)).toBe('accepted');
      expect(answerTo(commands.askAgain(2), [...written, commands.applied()])).toBe('out-of-order');
    });
  });

  test('a grant for another plan is refused', () => {
    const asked = [...planned, commands.decided('approval'), commands.requestApproval()];
    expect(answerTo({ type: 'approval-granted', planHash: 'another' }, asked)).toBe('stale-plan');
  });

  test('an approval after the deadline, twice, or when nobody asked is refused', () => {
    const asked = [...planned, commands.decided('approval'), commands.requestApproval(1)];
    expect(answerTo(commands.approve('ap-1'), asked)).toBe('expired');
    const intime = [...planned, commands.decided('approval'), commands.requestApproval()];
    expect(answerTo(commands.approve('ap-1'), [...intime, commands.approve('ap-1')])).toBe('already-decided');
    expect(answerTo(commands.approve('ap-1'), planned)).toBe('not-awaiting');
  });

  test('an effect that was undone does not stand, one that could not be undone does', () => {
    const undoing = [...verifying, commands.verified('not-recovered'), commands.compensate()];
    const undone = live([...undoing, commands.applied('compensation'), commands.compensated([])]);
    expect(undone.state?.effects).toMatchObject([{ status: 'undone' }]);
    const stuck = live([...undoing, commands.compensated([undone.state?.effects[0]?.stepKey ?? ''])]);
    expect(stuck.state?.effects).toMatchObject([{ status: 'not-undone' }]);
  });

  test('a next attempt does not begin while the outcome of an effect is open', () => {
    expect(answerTo(commands.enrich(2), [...executing, commands.intent()])).toBe('out-of-order');
    expect(answerTo(commands.enrich(2), [...executing, commands.intent(), commands.failed()])).toBe(
      'accepted',
    );
    expect(answerTo(commands.enrich(3), [...executing, commands.intent(), commands.failed()])).toBe(
      'wrong-attempt',
    );
  });

  test('closed is final; only the postmortem comes after the end', () => {
    const ended = [opened, commands.close('escalated')];
    for (const command of [
      commands.close('aborted'),
      commands.enrich(1),
      commands.verified('recovered', 0),
    ]) {
      expect(answerTo(command, ended)).toBe('closed');
    }
    expect(answerTo({ type: 'postmortem-drafted', digest: 'd' }, ended)).toBe('accepted');
    expect(answerTo({ type: 'postmortem-drafted', digest: 'd' }, [opened])).toBe('out-of-order');
  });

  test('the severity is that of the gravest anomaly, the onset that of the earliest', () => {
    const { state } = live([
      opened,
      commands.observe('a', 'critical', 50),
      commands.observe('b', 'warning', 20),
    ]);
    expect(state).toMatchObject({ severity: 'critical', onsetMs: 0, anomaliesSeen: 2 });
  });
});

const mayFollow: readonly IncidentEvent['type'][] = ['postmortem-drafted', 'effect-settled'];

describe('whatever commands come', () => {
  const recovered = [...verifying, commands.verified('recovered')];
  const beginnings = fc.constantFrom([opened], planned, executing, fixed, verifying, recovered, recovered);
  const endings = fc.constantFrom([], [commands.close('resolved')], [commands.close('self-recovered')]);
  const lives = fc
    .tuple(beginnings, fc.array(anyCommand, { maxLength: 40 }), endings)
    .map(([beginning, given, ending]) => live([...beginning, ...given, ...ending]));

  test('they are accepted or rejected with a known reason, and events are numbered without gaps', () => {
    fc.assert(
      fc.property(lives, ({ events, answers, state }) => {
        for (const answer of answers) expect(['accepted', ...rejections]).toContain(answer);
        expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
        expect(state?.lastSeq).toBe(events.length);
      }),
    );
  });

  test('an incident is resolved only with an applied effect and a recovery verified after it', () => {
    let resolved = 0;
    fc.assert(
      fc.property(lives, ({ events, state }) => {
        if (state?.outcome !== 'resolved') return;
        resolved += 1;
        const lastEffect = events.findLastIndex(
          (one) => one.type === 'effect-applied' && one.direction === 'forward',
        );
        const recovery = events.findLastIndex(
          (one) => one.type === 'verified' && one.result.outcome === 'recovered',
        );
        expect(lastEffect).toBeGreaterThanOrEqual(0);
        expect(recovery).toBeGreaterThan(lastEffect);
        // What a person finds out about an effect later does not change what it was resolved on.
        const end = events.findIndex(({ type }) => type === 'incident-closed');
        const atTheEnd = fold(events.slice(0, end + 1), 'incident/1');
        expect(standingEffects(atTheEnd ?? state)).not.toEqual([]);
      }),
      { numRuns: 1_000 },
    );
    expect(resolved).toBeGreaterThan(0); // the property was put to the test
  });

  test('every forward effect has a grant of its attempt before it', () => {
    let effects = 0;
    fc.assert(
      fc.property(lives, ({ events }) => {
        let granted = false;
        for (const event of events) {
          if (event.type === 'enrichment-started') granted = false;
          const auto = event.type === 'decided' && event.verdict.kind === 'auto';
          if (auto || event.type === 'approval-granted') granted = true;
          if (event.type !== 'intent-written' || event.direction !== 'forward') continue;
          effects += 1;
          expect(granted).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
    expect(effects).toBeGreaterThan(0);
  });

  test('nothing but the postmortem, and what a person finds out about an effect, follows the end', () => {
    fc.assert(
      fc.property(lives, ({ events }) => {
        const end = events.findIndex(({ type }) => type === 'incident-closed');
        const after = end === -1 ? [] : events.slice(end + 1).map(({ type }) => type);
        expect(after.filter((type) => !mayFollow.includes(type))).toEqual([]);
      }),
    );
  });

  test('the state is the fold of the events, and deciding changes nothing', () => {
    fc.assert(
      fc.property(lives, anyCommand, ({ events, state }, command) => {
        const before = JSON.stringify(state);
        decide(command, state, 1);
        expect(JSON.stringify(state)).toBe(before);
        expect(fold(events, 'incident/1')).toEqual(state);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
    );
  });

  test('evolve takes every event in every state', () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 40 }), (given) => {
        const events = given.map(
          (command, index): IncidentEvent => ({ seq: index + 1, atMs: index, ...command }),
        );
        const state = fold(events, 'incident/1');
        const first = events.findIndex(({ type }) => type === 'incident-opened');
        expect(state === null).toBe(first === -1);
        if (state !== null) expect(state.lastSeq).toBe(events.length);
      }),
    );
  });
});
