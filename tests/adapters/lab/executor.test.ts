/** The executor of the lab against the real supervisor: what it sees, does, refuses, and does not know. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executor } from '../../../activities/ports.ts';
import { createLabExecutor } from '../../../adapters/lab/executor.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import { callJson } from '../../../lab/support/http.ts';
import { type Lab, startLab } from '../../../lab/system.ts';

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
    ...more,
  };
}

const ledgerOf = async (intentId: string) =>
  (await lab.ledger()).filter((entry) => entry.intentId === intentId);
const losingAnswers = (when: 'before-effect' | 'after-effect', mode: 'drop' | 'hold') =>
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
    expect(refused).toMatchObject({ ok: false, detail: expect.stringContaining('replicas') });
    const [after] = await executor.observe(environment, 'payments');
    expect(after?.desiredReplicas).toBe(2);
  });
});

describe('an effect', () => {
  it('is done, found by looking, and undone by its inverse', async () => {
    const intent = await intentFor();
    expect(await executor.lookUp(intent)).toBe('not-happened');
    expect(await executor.apply(intent)).toMatchObject({ kind: 'applied' });
    expect(await executor.lookUp(intent)).toBe('happened');
    expect(await executor.apply(await intentFor({ parameters: { replicas: 2 } }))).toMatchObject({
      kind: 'applied',
    });
    const [after] = await executor.observe(environment, 'payments');
    expect(after?.desiredReplicas).toBe(2);
  });

  it('is refused with the reason: a fence that is too old, parameters that make no sense', async () => {
    const stale = await intentFor({ fence: 0 });
    expect(await executor.apply(stale)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('fence'),
    });
    const wrong = await intentFor({ parameters: { replicas: -1 } });
    expect(await executor.apply(wrong)).toMatchObject({
      kind: 'refused',
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
    expect(await executor.apply(intent)).toMatchObject({ kind: 'unknown' });
    expect(await executor.lookUp(intent)).toBe(found);
    expect(await ledgerOf(intent.id)).toHaveLength(effects);
  });

  it('that is still under way is neither done nor absent', async () => {
    await losingAnswers('before-effect', 'hold');
    const intent = await intentFor({ parameters: { replicas: 2 } });
    const impatient = createLabExecutor({ name: 'lab', url: lab.supervisorUrl, applyTimeoutMs: 500 });
    expect(await impatient.apply(intent)).toMatchObject({ kind: 'unknown' });
    expect(await executor.lookUp(intent)).toBe('cannot-tell');
    await callJson('POST', `${lab.adminUrl}/admin/answer-faults/release`, {});
    await expect.poll(() => executor.lookUp(intent), { timeout: 10_000 }).toBe('happened');
    expect(await ledgerOf(intent.id)).toHaveLength(1);
  });
});

it('says that an orchestrator which is away cannot be asked', async () => {
  const away = createLabExecutor({ name: 'lab', url: 'http://127.0.0.1:1' });
  await expect(away.observe(environment)).rejects.toThrow();
  expect(await away.apply(await intentFor())).toMatchObject({ kind: 'unknown' });
  await expect(away.lookUp(await intentFor())).rejects.toThrow();
});
