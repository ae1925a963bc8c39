/** What an agent does with a call, on a vendor that takes whatever it is asked: all care is the agent's own. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AgentLine } from '../../../activities/ports/agent-line.ts';
import type { Begun, Executor, Found } from '../../../activities/ports/executor.ts';
import { createAgentExecutor } from '../../../adapters/agent/executor.ts';
import { type AskPermit, createEffects } from '../../../adapters/agent/side/effects.ts';
import { type Journal, openJournal } from '../../../adapters/agent/side/journal.ts';
import { createService } from '../../../adapters/agent/side/service.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';

const target = { environment: 'production', service: 'orders', resource: 'docker/web1/orders' };
const state: TargetState = {
  ...{ target, executor: 'docker', desiredReplicas: 1, replicas: [], release: 'r', config: 'c' },
  ...{ supports: ['restart', 'stop'], observedAtMs: Date.now() + 3_600_000 },
};
const intent: Intent = {
  ...{ id: 'intent-1', incidentId: 'i', planHash: 'p', step: 0, direction: 'forward', action: 'restart' },
  ...{ target, executor: 'web1-docker', parameters: {}, fence: 1, before: state, expects: [] },
};
const signal = new AbortController().signal;
const accepted: Begun = { kind: 'accepted', handle: 'h', summary: 's' };

let folder: string;
let journal: Journal;
let calls: number;
let answer: () => Promise<Begun>;
let found: Found;
let delayMs: number;
let standsStillMs: number;

const nowMs = (): number => Date.now() + standsStillMs;
const permits: AskPermit = async () => ({ kind: 'permitted', leftMs: 5_000, nowMs: nowMs() });

const vendor: Executor = {
  name: 'docker',
  promise: () => ({
    ...{ idempotency: 'none', tellsWhose: false, consistencyDelayMs: delayMs },
    ...{ deadlineMs: 60_000, settleMs: 0 },
  }),
  observe: async () => [state],
  preview: async () => ({ ok: true, detail: 'yes' }),
  begin: () => {
    calls += 1;
    return answer();
  },
  poll: async () => ({ kind: 'done', after: null, summary: 's' }),
  lookUp: async () => found,
};
const effects = () => createEffects(vendor, journal, nowMs);
const begin = (number = 1, permit = permits) => effects().begin(intent, { number, signal }, permit);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sentinel-agent-effects-'));
  [calls, standsStillMs, delayMs, found] = [0, 0, 0, 'not-happened'];
  journal = openJournal(folder, nowMs);
  answer = async () => accepted;
});
afterEach(() => {
  journal.close();
  rmSync(folder, { recursive: true, force: true });
});

function startedAnew(): void {
  journal.close();
  journal = openJournal(folder, nowMs);
}

describe('a call', () => {
  test('is made once: the same one again has the same answer, also after a restart', async () => {
    expect(await begin()).toEqual(accepted);
    startedAnew();
    expect(await begin()).toEqual(accepted);
    expect(await effects().resume(intent, signal)).toBe('h');
    expect(calls).toBe(1);
  });

  test('of which nobody knows what came, is not made again, and no other of its effect that would happen twice', async () => {
    journal.begun(intent.id, 1);
    startedAnew();
    expect(await begin()).toMatchObject({ kind: 'unknown' });
    expect(await begin(2)).toMatchObject({ kind: 'refused', code: 'overtaken' });
    expect(await effects().close(intent, 1, signal)).toBe('not-happened');
    expect(await begin(2)).toMatchObject({ reason: expect.stringContaining('would happen a second time') });
    expect(calls).toBe(0);
  });

  test('that was refused here may be followed by the next', async () => {
    expect(await begin(1, async () => ({ kind: 'refused', reason: 'no' }))).toMatchObject({
      kind: 'refused',
    });
    expect(await effects().lookUp(intent, signal)).toBe('not-happened');
    expect(await begin(2)).toEqual(accepted);
    expect(calls).toBe(1);
  });

  test('that was closed is never made, not even when it is closed while it asks for permission', async () => {
    expect(await effects().close(intent, 1, signal)).toBe('not-happened');
    expect(await begin()).toMatchObject({ kind: 'refused', code: 'overtaken' });
    const both = effects();
    const asked = both.begin(intent, { number: 2, signal }, async (first) => {
      expect(await both.close(intent, 2, signal)).toBe('cannot-tell');
      return permits(first);
    });
    expect(await asked).toMatchObject({ kind: 'refused', code: 'overtaken' });
    expect(calls).toBe(0);
  });

  test.each([
    ['while it asked', async () => {}, 6_000, 'too-late'],
    ['and the server cannot be asked', () => Promise.reject(new Error('cut')), 0, 'unreachable'],
  ] as const)('is not made by an agent that stood still %s', async (_when, fail, stillMs, code) => {
    const permit: AskPermit = async () => {
      await fail();
      const said = { kind: 'permitted', leftMs: 5_000, nowMs: nowMs() } as const;
      standsStillMs = stillMs;
      return said;
    };
    expect(await begin(1, permit)).toMatchObject({ kind: 'refused', code });
    expect(calls).toBe(0);
  });

  test.each([20_000, -20_000])('is not made with a clock that is %i ms off', async (offMs) => {
    const permit: AskPermit = async () => ({ kind: 'permitted', leftMs: 5_000, nowMs: nowMs() - offMs });
    expect(await begin(1, permit)).toMatchObject({
      reason: expect.stringContaining('the clock of this machine'),
    });
    expect(calls).toBe(0);
  });
});

describe('a look-up', () => {
  test('says nothing while the vendor may not show it yet', async () => {
    delayMs = 60_000;
    answer = () => Promise.reject(new Error('cut'));
    expect(await begin()).toMatchObject({ kind: 'unknown' });
    expect(await effects().lookUp(intent, signal)).toBe('cannot-tell');
    found = 'happened';
    expect(await effects().lookUp(intent, signal)).toBe('happened');
  });

  test('takes nothing for its own that was begun before its record', async () => {
    found = 'happened';
    const early = { ...intent, before: { ...state, observedAtMs: 1 } };
    expect(await effects().lookUp(early, signal)).toBe('cannot-tell');
    expect(await effects().lookUp(intent, signal)).toBe('not-happened');
  });

  test('remembers what was seen to be done', async () => {
    await begin();
    await effects().poll(intent, 'h', signal);
    startedAnew();
    expect(await effects().lookUp(intent, signal)).toBe('happened');
  });
});

describe('the record', () => {
  const file = () => join(folder, 'effects.ndjson');

  test('goes on after a line that was not finished', async () => {
    await begin();
    const { id } = journal;
    appendFileSync(file(), '{"what":"begun","intent":"intent-2"');
    startedAnew();
    expect(journal.id).toBe(id);
    expect(journal.of(intent.id).calls).toHaveLength(1);
    expect(readFileSync(file(), 'utf8')).not.toContain('intent-2');
  });

  test('is not used when a line in it cannot be read', () => {
    journal.begun(intent.id, 1);
    writeFileSync(file(), `nonsense\n${readFileSync(file(), 'utf8')}`);
    expect(() => openJournal(folder, nowMs)).toThrow('effects.ndjson:1 is no entry');
  });
});

describe('the file of the agent', () => {
  const service = () => {
    const one = { name: 'docker', type: 'docker', host: 'web1', executor: vendor, readings: null };
    return createService(
      'web1',
      [{ ...one, actions: ['restart'], environments: ['production'] }],
      journal,
      nowMs,
    );
  };
  const asked = (more: Partial<Intent>) =>
    service()(
      { executor: 'docker', method: 'begin', input: { intent: { ...intent, ...more }, number: 1 } },
      { signal, askPermit: permits },
    );

  test.each([
    ['another action', { action: 'stop' }, 'permission-denied'],
    ['another environment', { target: { ...target, environment: 'staging' } }, 'permission-denied'],
    ['another machine', { target: { ...target, resource: 'docker/web2/orders' } }, 'unknown-target'],
    [
      'a machine that is called alike',
      { target: { ...target, resource: 'docker/web11/orders' } },
      'unknown-target',
    ],
    ['another kind of thing', { target: { ...target, resource: 'ec2/web1/i-1' } }, 'unknown-target'],
    [
      'a service of no resource',
      { target: { environment: 'production', service: 'orders' } },
      'unknown-target',
    ],
    ['parameters that the action does not take', { parameters: { image: 'x' } }, 'invalid'],
  ] as const)('refuses %s', async (_what, more, code) => {
    expect(await asked(more)).toMatchObject({ ok: true, value: { kind: 'refused', code } });
    expect(calls).toBe(0);
  });

  test('lets through what it names, and shows no more than that', async () => {
    expect(await asked({})).toEqual({ ok: true, value: accepted });
    const input = { environment: 'production' };
    expect(
      await service()({ executor: 'docker', method: 'observe', input }, { signal, askPermit: permits }),
    ).toMatchObject({ value: [{ supports: ['restart'] }] });
  });

  test.each([
    ['constructor', {}],
    ['begin', { intent, number: 0 }],
    ['begin', { intent, number: 1, shell: 'true' }],
  ])('answers %s with %j by a reason', async (method, input) => {
    const given = await service()({ executor: 'docker', method, input }, { signal, askPermit: permits });
    expect(given).toMatchObject({ ok: false });
    expect(calls).toBe(0);
  });
});

describe('what an agent says', () => {
  const saying = (value: unknown): Executor => {
    const line: AgentLine = {
      ask: async () => ({ kind: 'answered', answer: { ok: true, value } }),
      seen: async () => null,
    };
    return createAgentExecutor({ name: 'web1-docker', agent: 'web1', executor: 'docker' }, line);
  };

  test('of other machines and environments is dropped', async () => {
    const other = (more: object) => ({ ...state, target: { ...target, ...more } });
    const foreign = [
      other({ resource: 'docker/web2/orders' }),
      other({ environment: 'staging' }),
      other({ resource: undefined }),
    ];
    const seen = await saying([state, ...foreign]).observe('production');
    expect(seen).toEqual([{ ...state, executor: 'web1-docker' }]);
  });

  test.each([
    [[{ ...state, release: 'x'.repeat(3_000) }]],
    ['nonsense'],
    [Array.from({ length: 5_001 }, () => state)],
  ])('is refused when it is none of the protocol', async (value) => {
    await expect(saying(value).observe('production')).rejects.toThrow('with something else');
  });

  test.each([
    null,
    { kind: 'accepted', handle: '', summary: '' },
    { kind: 'refused', reason: 'x', code: 'whatever' },
  ])('of an effect is unknown when it is %j', async (value) => {
    const call = { number: 1, notAfterMs: 0, signal, permit: async () => ({ ok: true }) as const };
    expect(await saying(value).begin(intent, call)).toMatchObject({ kind: 'unknown' });
  });
});
