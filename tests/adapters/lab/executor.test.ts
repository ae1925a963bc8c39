/** The executor of the lab against the real supervisor: what it sees, does, refuses, and does not know. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Call, Executor } from '../../../activities/ports/executor.ts';
import { createLabExecutor } from '../../../adapters/lab/executor.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import { callJson } from '../../../lab/support/http.ts';
import { type Lab, startLab } from '../../../lab/system.ts';
import { callOf } from '../../support/calls.ts';

const environment = 'practice';
let lab: Lab;
let executor: Executor;
let intents = 0;

beforeAll(async () => {
  lab = await startLab({ seed: 3, load: { requestsPerSecond: 1 } });
  executor = createLabExecutor({ name: 'lab', url: lab.supervisorUrl });
});
afterAll(() => lab?.stop());

async function intentFor(more: Partial<Intent> = {}): Promise<Intent> {
  intents += 1;
  const target = { environment, service: 'payments' };
  const [before] = await executor.observe(environment, target.service);
  if (before === undefined) throw new Error('the target is not there');
  return {
    id: `intent-${intents}`,
    incidentId: 'incident/abc/1',
    planHash: 'p',
    step: 0,
    direction: 'forward',
    action: 'scale',
    target,
    executor: 'lab',
    parameters: { replicas: 3 },
    fence: intents,
    before,
    expects: [],
    ...more,
  };
}

const first = (): Call => callOf({ number: 1, notAfterMs: Date.now() + 60_000 });

const ledgerOf = async (intentId: string) =>
  (await lab.ledger()).filter((entry) => entry.intentId === intentId);
const somethingHeld = () =>
  expect
    .poll(() => callJson<{ answerFaults: { held: number } }>('GET', `${lab.adminUrl}/admin/state`))
    .toMatchObject({ answerFaults: { held: 1 } });
const losingAnswers = (when: 'before-effect' | 'during-effect' | 'after-effect', mode: 'drop' | 'hold') =>
  callJson('POST', `${lab.adminUrl}/admin/answer-faults`, { when, mode, count: 1 });

describe('what it sees', () => {
  it('is every service with replicas, versions and sandbox', async () => {
    const targets = await executor.observe(environment);
    expect(targets.length).toBeGreaterThan(1);
    const [one] = await executor.observe(environment, 'payments');
    expect(one).toMatchObject({
      target: { environment, service: 'payments' },
      executor: 'lab',
      release: 'v2',
      previousRelease: 'v1',
      config: 'c2',
      previousConfig: 'c1',
      sandbox: { limitBytes: 64 * 1024 * 1024 },
    });
    expect(one?.replicas.map(({ state }) => state)).toEqual(['running', 'running']);
    expect(one?.supports).toContain('clear-sandbox');
  });

  it('is nothing for a service that does not exist', async () => {
    expect(await executor.observe(environment, 'nobody')).toEqual([]);
  });
});

describe('a dry run', () => {
  it('says yes or why not, and changes nothing', async () => {
    const step = { action: 'scale', target: { environment, service: 'payments' } } as const;
    expect(await executor.preview({ ...step, parameters: { replicas: 3 } })).toMatchObject({ ok: true });
    const refused = await executor.preview({ ...step, parameters: { replicas: 99 } });
    expect(refused).toMatchObject({
      ok: false,
      code: 'invalid',
      detail: expect.stringContaining('replicas'),
    });
    const nobody = { ...step, target: { environment, service: 'nobody' }, parameters: { replicas: 3 } };
    expect(await executor.preview(nobody)).toMatchObject({ ok: false, code: 'unknown-target' });
    const [after] = await executor.observe(environment, 'payments');
    expect(after?.desiredReplicas).toBe(2);
  });
});

describe('an effect', () => {
  it('is done, found by looking, and undone by its inverse', async () => {
    const intent = await intentFor();
    expect(await executor.lookUp(intent)).toBe('not-happened');
    expect(await executor.begin(intent, first())).toMatchObject({ kind: 'done' });
    expect(await executor.lookUp(intent)).toBe('happened');
    expect(await executor.begin(await intentFor({ parameters: { replicas: 2 } }), first())).toMatchObject({
      kind: 'done',
    });
    const [after] = await executor.observe(environment, 'payments');
    expect(after?.desiredReplicas).toBe(2);
  });

  it('is refused with the reason: a fence that is too old, parameters that make no sense', async () => {
    const stale = await intentFor({ fence: 0 });
    expect(await executor.begin(stale, first())).toMatchObject({
      kind: 'refused',
      code: 'overtaken',
      reason: expect.stringContaining('fence'),
    });
    const wrong = await intentFor({ parameters: { replicas: -1 } });
    expect(await executor.begin(wrong, first())).toMatchObject({
      kind: 'refused',
      code: 'invalid',
      reason: expect.stringContaining('replicas'),
    });
    expect(await ledgerOf(stale.id)).toEqual([]);
  });

  it.each([
    ['before-effect', 'not-happened', 0],
    ['after-effect', 'happened', 1],
  ] as const)('whose answer is lost %s is unknown, and %s says the ledger', async (when, found, effects) => {
    await losingAnswers(when, 'drop');
    const intent = await intentFor({ action: 'restart', parameters: {} });
    expect(await executor.begin(intent, first())).toMatchObject({ kind: 'unknown' });
    expect(await executor.lookUp(intent)).toBe(found);
    expect(await ledgerOf(intent.id)).toHaveLength(effects);
  });

  it('that is still under way is neither done nor absent', async () => {
    await losingAnswers('before-effect', 'hold');
    const intent = await intentFor({ parameters: { replicas: 2 } });
    const impatient = createLabExecutor({ name: 'lab', url: lab.supervisorUrl, applyTimeoutMs: 500 });
    expect(await impatient.begin(intent, first())).toMatchObject({ kind: 'unknown' });
    expect(await executor.lookUp(intent)).toBe('cannot-tell');
    await callJson('POST', `${lab.adminUrl}/admin/answer-faults/release`, {});
    await expect.poll(() => executor.lookUp(intent)).toBe('happened');
    expect(await ledgerOf(intent.id)).toHaveLength(1);
  });
});

describe('a send', () => {
  it('that was closed comes to nothing, however late it arrives; the next one counts', async () => {
    await losingAnswers('before-effect', 'hold');
    const intent = await intentFor({ action: 'restart', parameters: {} });
    const held = executor.begin(intent, first());
    await somethingHeld();
    expect(await executor.close?.(intent, first())).toBe('not-happened');
    expect(await executor.begin(intent, { ...first(), number: 2 })).toMatchObject({ kind: 'done' });
    await callJson('POST', `${lab.adminUrl}/admin/answer-faults/release`, {});
    expect(await held).toMatchObject({ kind: 'refused', reason: expect.stringContaining('closed before') });
    expect(await ledgerOf(intent.id)).toHaveLength(1);
    expect(await executor.close?.(intent, { ...first(), number: 2 })).toBe('happened');
  });

  it('whose effect has begun cannot be closed any more', async () => {
    await losingAnswers('during-effect', 'hold');
    const intent = await intentFor({ action: 'restart', parameters: {} });
    const under = executor.begin(intent, first());
    await somethingHeld();
    expect(await executor.close?.(intent, first())).toBe('cannot-tell');
    await callJson('POST', `${lab.adminUrl}/admin/answer-faults/release`, {});
    expect(await under).toMatchObject({ kind: 'done' });
    expect(await executor.close?.(intent, first())).toBe('happened');
  });

  it('is refused when it is late, or older than one that was seen', async () => {
    const intent = await intentFor({ action: 'restart', parameters: {} });
    const late = callOf({ number: 1, notAfterMs: Date.now() - 60_000 });
    expect(await executor.begin(intent, late)).toMatchObject({
      kind: 'refused',
      code: 'too-late',
      reason: expect.stringContaining('too late'),
    });
    expect(await executor.begin(intent, { ...first(), number: 2 })).toMatchObject({ kind: 'done' });
    expect(await executor.begin(intent, first())).toMatchObject({ kind: 'refused' });
    expect(await ledgerOf(intent.id)).toHaveLength(1);
  });

  it('is refused when somebody changed the service after it was seen', async () => {
    const [seen] = await executor.observe(environment, 'payments');
    const others = await intentFor({ action: 'restart', parameters: {} });
    expect(await executor.begin(others, first())).toMatchObject({ kind: 'done' });
    const mine = await intentFor({ action: 'rollback-config', parameters: { to: 'c1' } });
    const answer = await executor.begin(mine, { ...first(), revision: seen?.revision });
    expect(answer).toMatchObject({
      kind: 'refused',
      code: 'changed-meanwhile',
      reason: expect.stringContaining('changed meanwhile'),
    });
    const [now] = await executor.observe(environment, 'payments');
    expect(now?.config).toBe(seen?.config);
    const fresh = await intentFor({ action: 'clear-sandbox', parameters: {} });
    expect(await executor.begin(fresh, { ...first(), revision: now?.revision })).toMatchObject({
      kind: 'done',
    });
  });
});

it('says that an orchestrator which is away cannot be asked', async () => {
  const away = createLabExecutor({ name: 'lab', url: 'http://127.0.0.1:1' });
  await expect(away.observe(environment)).rejects.toThrow();
  expect(await away.begin(await intentFor(), first())).toMatchObject({ kind: 'unknown' });
  await expect(away.lookUp(await intentFor())).rejects.toThrow();
});
