/** What a start makes sure of is noticed when it changes while the process runs, put right where possible, and said. */
import { Connection } from '@temporalio/client';
import { expect, onTestFinished, test } from 'vitest';
import type { Registration } from '../../../adapters/temporal/search-attributes.ts';
import type { ComponentHealth } from '../../../api/ports/health.ts';
import { startChecksAgain } from '../../../app/lifecycle/start-checks.ts';
import { standardChecks } from '../../../cli/doctor/checks.ts';
import { loadConfig } from '../../../config/load.ts';
import { searchAttributeNames } from '../../../workflows/search-attributes.ts';
import { connectedTo, freshNamespace } from '../../support/temporal.ts';

type Given = {
  ensure?: () => Promise<Registration>;
  durability?: () => Promise<readonly string[]>;
};

function checksOf({ ensure = async () => ({ kind: 'present' }), durability = async () => [] }: Given) {
  const said: string[] = [];
  const time = { nowMs: 0 };
  const checks = startChecksAgain({
    ensureSearchAttributes: ensure,
    durabilityProblems: durability,
    log: { warn: (_, message) => void said.push(message), error: (_, message) => void said.push(message) },
    clock: { nowMs: () => time.nowMs },
    intervalMs: 3_600_000,
  });
  onTestFinished(checks.stop);
  const part = (name: string): ComponentHealth => {
    const found = checks.health().find((one) => one.name === name);
    if (found === undefined) throw new Error(`no component ${name}`);
    return found;
  };
  return { checks, said, time, part };
}

const attributes = 'temporal search attributes';

test('attributes that are removed from the namespace of a running Sentinel are put back; doctor and health say so', async () => {
  const { address, namespace } = await freshNamespace(searchAttributeNames);
  const temporal = await connectedTo({ address, namespace });
  const connection = await Connection.connect({ address });
  onTestFinished(() => connection.close());
  const { checks, part } = checksOf({
    ensure: () => temporal.ensureSearchAttributes(searchAttributeNames),
  });
  await checks.look();
  expect(part(attributes)).toMatchObject({
    ok: true,
    required: true,
    detail: expect.stringContaining('has'),
  });
  expect(await doctorOf(address, namespace)).toMatchObject({ status: 'ok' });

  await connection.operatorService.removeSearchAttributes({
    namespace,
    searchAttributes: ['SentinelStatus'],
  });
  await expect
    .poll(() => doctorOf(address, namespace))
    .toMatchObject({
      status: 'warning',
      detail: expect.stringMatching(/lacks SentinelStatus: no incident can start/),
      advice: expect.stringContaining(
        `search-attribute create --namespace ${namespace} --name SentinelStatus --type Keyword`,
      ),
    });
  await checks.look();
  expect(part(attributes)).toMatchObject({
    ok: true,
    detail: expect.stringMatching(/^SentinelStatus had been removed/),
  });
  expect(await doctorOf(address, namespace)).toMatchObject({ status: 'ok' });
});

async function doctorOf(address: string, namespace: string) {
  const loaded = loadConfig({ env: {}, cwd: '/' });
  if (!loaded.ok) throw new Error('the configuration is not taken');
  const config = { ...loaded.config, temporal: { ...loaded.config.temporal, address, namespace } };
  const check = standardChecks(config).find(({ name }) => name === 'searchAttributes');
  if (check === undefined) throw new Error('doctor does not look at the search attributes');
  return check();
}

test('where they cannot be put back, the process is not ready, and says what to do, until they are there', async () => {
  let refuses = true;
  const { checks, part } = checksOf({
    ensure: () =>
      refuses
        ? Promise.reject(new Error('Let an administrator run: …'))
        : Promise.resolve({ kind: 'present' }),
  });
  await checks.look();
  expect(part(attributes)).toMatchObject({
    ok: false,
    required: true,
    detail: 'Let an administrator run: …',
  });
  refuses = false;
  await checks.look();
  expect(part(attributes)).toMatchObject({ ok: true });
});

test('a server that does not say leaves what was known; what was put back is told for ten minutes', async () => {
  const answers: Registration[] = [
    { kind: 'registered', names: ['SentinelStatus'] },
    { kind: 'unknown', reason: 'unavailable' },
  ];
  const { checks, part, said, time } = checksOf({
    ensure: async () => answers.shift() ?? { kind: 'present' },
  });
  await checks.look();
  await checks.look();
  expect(part(attributes).detail).toMatch(/^SentinelStatus had been removed/);
  expect(said.filter((line) => line.includes('removed'))).toHaveLength(1);
  time.nowMs = 10 * 60_000;
  expect(part(attributes).detail).not.toMatch(/removed/);
});

test('durability that is switched off later is said once in the log, and in health as long as it lasts', async () => {
  let losses: readonly string[] = [];
  let away = false;
  const { checks, part, said } = checksOf({
    durability: () => (away ? Promise.reject(new Error('away')) : Promise.resolve(losses)),
  });
  await checks.look();
  expect(part('postgres durability')).toMatchObject({ ok: true, required: false });
  losses = ['fsync is off: …'];
  await checks.look();
  await checks.look();
  away = true;
  await checks.look();
  expect(part('postgres durability')).toMatchObject({
    ok: false,
    required: false,
    detail: 'fsync is off: …',
  });
  expect(said.filter((line) => line.includes('may lose'))).toHaveLength(1);
  away = false;
  losses = [];
  await checks.look();
  expect(part('postgres durability')).toMatchObject({ ok: true });
});
