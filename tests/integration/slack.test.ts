// An incident asks for approval in Slack; everything is restarted while it waits; a click days later is one decision, and the
// incident recovers. Real Temporal, Postgres, worker, and the API as its own process, killed without warning.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actionIds } from '../../adapters/slack/card-buttons.ts';
import { toUrlId } from '../../api/incident-id.ts';
import { cardWith, click, slackEnvironment, slackSettings } from '../../bench/support/approvals/people.ts';
import { type ApprovalWorld, createApprovalWorld } from '../../bench/support/approvals/world.ts';
import { worldEnvironment } from '../../bench/support/incident-world.ts';
import { type FakeSlack, startFakeSlack } from '../../bench/support/slack/server.ts';
import { freePort } from '../../lab/run/sentinel-process.ts';
import { searchAttributeNames } from '../../workflows/search-attributes.ts';
import { type Database, freshDatabase } from '../support/postgres.ts';
import { freshNamespace } from '../support/temporal.ts';
import { temporaryFolder } from './support/folder.ts';
import { newAdminKey, type Sentinel, startUp } from './support/sentinel.ts';
import { eventually } from './support/wait.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let database: Database;
let slack: FakeSlack;
let world: ApprovalWorld;
let api: Sentinel;
let startApi: () => Promise<Sentinel>;

beforeAll(async () => {
  folder = await temporaryFolder('slack');
  const [{ address, namespace }, empty, fake, port] = await Promise.all([
    freshNamespace(searchAttributeNames),
    freshDatabase(),
    startFakeSlack(),
    freePort(),
  ]);
  database = empty;
  slack = fake;
  world = await createApprovalWorld({ databaseUrl: database.url, temporal: { address, namespace } });
  await world.startWorker();
  const settings = {
    server: { host: '127.0.0.1', port },
    temporal: { address, namespace },
    clickhouse: { enabled: false },
    slack: slackSettings(slack),
  };
  const env = { SENTINEL_POSTGRES_URL: database.url, ...worldEnvironment, ...slackEnvironment };
  const adminKey = newAdminKey();
  startApi = () => startUp(join(folder.path, 'api'), settings, { role: 'api', env, adminKey });
  api = await startApi();
});

afterAll(async () => {
  await api?.end();
  await world?.close();
  await slack?.close();
  await database?.drop();
  await folder?.remove();
});

const approvable = (incidentId: string) => cardWith(slack, incidentId, actionIds.approve);
const events = async (incidentId: string): Promise<readonly string[]> =>
  (await world.stores.incidentReader.timeline(incidentId, 0, 1_000)).map(({ type }) => type);
const outcomeOf = async (incidentId: string) =>
  (await world.stores.incidentReader.get(incidentId))?.state.outcome ?? null;

describe('an approval in Slack', () => {
  test('waits through restarts of everything, is one decision, and the incident recovers', async () => {
    const incidentId = await world.open(1);
    await eventually('a card that asks', () => approvable(incidentId));
    await api.end();
    await world.stopWorker();
    await world.startWorker();
    api = await startApi();
    const found = approvable(incidentId);
    if (found === null) throw new Error('the card lost its button');

    const ada = { actionId: actionIds.approve, value: found.value, user: 'U0ADA' };
    const answers = await Promise.all([
      click(api.url, slack, ada),
      click(api.url, slack, ada),
      click(api.url, slack, { ...ada, user: 'U0BO' }),
      click(api.url, slack, { ...ada, user: 'U0EVE' }),
    ]);
    expect(answers).toEqual([200, 200, 200, 200]);
    expect(await eventually('the end of the incident', () => outcomeOf(incidentId))).toBe('resolved');

    expect(await world.decisionsOf(incidentId)).toBe(1);
    expect((await events(incidentId)).filter((type) => type === 'approval-recorded')).toHaveLength(1);
    const { effects } = world;
    expect(effects.filter(({ environment }) => environment === world.environmentOf(1))).toHaveLength(1);
    await eventually('the card to say so', () =>
      JSON.stringify(found.card.blocks).includes('Closed as resolved'),
    );
    expect(slack.cards().filter(({ blocks }) => JSON.stringify(blocks).includes(incidentId))).toHaveLength(1);
    await eventually('an answer to everybody', () => slack.ephemerals.length >= 4);
    const told = (user: string) =>
      slack.ephemerals
        .filter((one) => one.user === user)
        .map(({ text }) => text)
        .join('\n');
    expect(told('U0EVE')).toContain('needs the role operator');
    expect(`${told('U0ADA')}\n${told('U0BO')}`).toMatch(/You approved plan/);
  });

  test('is not lost while Slack is out: the incident says so, the API decides, the card catches up', async () => {
    slack.outage = { kind: 'error', error: 'account_inactive' };
    const incidentId = await world.open(2);
    const asked = await eventually('the approval in the API', async () => {
      const { items } = await world.stores.approvals.pending(100, null);
      return items.find((one) => one.incidentId === incidentId) ?? null;
    });
    const note = await eventually('a note in the incident', async () => {
      const timeline = await world.stores.incidentReader.timeline(incidentId, 0, 1_000);
      return timeline.find((event) => event.type === 'note-added') ?? null;
    });
    expect(JSON.stringify(note)).toContain('account_inactive');
    const ref = toUrlId(incidentId);
    const { status } = await api.admin.request('POST', `/api/v1/incidents/${ref}/approvals`, {
      planHash: asked.planHash,
      decision: 'approve',
    });
    expect(status).toBe(200);
    expect(await eventually('the end of the incident', () => outcomeOf(incidentId))).toBe('resolved');
    slack.outage = null;
    await world.hurryNotifications();
    await eventually('the card', () => cardWith(slack, incidentId, actionIds.details));
    expect(await world.decisionsOf(incidentId)).toBe(1);
  });
});
