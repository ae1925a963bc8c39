/** What `doctor` says of an executor on another machine, and how it learns of its agent. */
import { expect, test } from 'vitest';
import { checkAgent } from '../../../adapters/agent/doctor.ts';
import { agentsOfServer } from '../../../adapters/postgres/index.ts';
import type { AgentSeen } from '../../../domain/agent/line.ts';
import { describeWith } from '../../support/component.ts';
import type { PostgresInfo } from '../../support/components/postgres.ts';
import { migratedDatabase } from '../../support/migrated-database.ts';
import { freshDatabase } from '../../support/postgres.ts';
import { openSite } from './support.ts';

const settings = { name: 'web1-docker', agent: 'web1', executor: 'docker' };
const served = { name: 'docker', type: 'docker', actions: ['restart'], environments: ['production'] };
const there: AgentSeen = {
  ...{ host: 'web1', version: '1.2.0', executors: [served], skewMs: 20, seenMsAgo: 3_000, there: true },
};
const saying = (seen: AgentSeen | null) => checkAgent(settings, { seen: async () => seen });

test('of one that is there it says its version and what its file allows', async () => {
  expect(await saying(there)).toEqual({
    ...{ name: 'Executor web1-docker', status: 'ok', advice: null },
    detail: 'the agent of web1 (1.2.0) was seen 3 s ago; its file allows restart',
  });
  expect(await saying({ ...there, executors: [{ ...served, actions: [] }] })).toMatchObject({
    detail: expect.stringContaining('its file allows nothing'),
  });
});

test.each([
  ['has never connected', null, 'it has never connected', 'sentinel agent check'],
  ['is gone', { ...there, there: false, seenMsAgo: 7_200_000 }, 'last seen 2 h ago', 'sentinel agent check'],
  [
    'does not serve the executor',
    { ...there, executors: [{ ...served, name: 'scratch' }] },
    'serves no executor docker',
    'Name one of those in its file: scratch.',
  ],
  ['serves nothing', { ...there, executors: [] }, 'serves no executor docker', 'in its file: none.'],
  ['has a clock that is ahead', { ...there, skewMs: 11_000 }, '11 s ahead: its agent acts on nothing', 'NTP'],
  ['has a clock that is behind', { ...there, skewMs: -11_000 }, '11 s behind: its agent acts on', 'NTP'],
] as const)('an agent that %s is a note that says what to do', async (_what, seen, detail, advice) => {
  expect(await saying(seen)).toMatchObject({
    ...{ status: 'warning', detail: expect.stringContaining(detail) },
    advice: expect.stringContaining(advice),
  });
});

test('where nobody can be asked it says so, and does not fail', async () => {
  const broken = { seen: () => Promise.reject(new Error('the database is away')) };
  expect(await checkAgent(settings, broken)).toMatchObject({
    ...{ status: 'warning', detail: expect.stringContaining('the database is away') },
  });
  expect(await checkAgent(settings, null)).toMatchObject({
    ...{ status: 'ok', detail: expect.stringContaining('says on /ready whether it is there') },
  });
});

await describeWith<PostgresInfo>('postgres', 'The agents that a server knows', () => {
  test('are those that have said hello there; one that was never migrated knows none', async () => {
    const [empty, migrated] = [await freshDatabase(), await migratedDatabase()];
    expect(await agentsOfServer(empty.url).seen('web1')).toBeNull();
    expect(await agentsOfServer(migrated.url).seen('web1')).toBeNull();
    await Promise.all([empty.drop(), migrated.drop()]);
    const site = await openSite();
    const about = { version: '1.2.0', journal: crypto.randomUUID(), executors: [served] };
    await site.desk.hello('web1', { ...about, clockMs: Date.now() + 60_000 });
    const seen = await agentsOfServer(site.databaseUrl).seen('web1');
    expect(seen).toMatchObject({ host: 'web1', version: '1.2.0', there: true, executors: [served] });
    expect(await checkAgent(settings, agentsOfServer(site.databaseUrl))).toMatchObject({
      detail: expect.stringMatching(/\d+ s ahead/),
    });
    await site.close();
  });
});
