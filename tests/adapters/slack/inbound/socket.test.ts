/** Clicks over Socket Mode: no address that Slack can reach, no signing secret. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { actionIds, writeValue } from '../../../../adapters/slack/card-buttons.ts';
import { clickPayload } from '../../../../bench/support/slack/interactions.ts';
import { appToken, type FakeSlack, startFakeSlack } from '../../../../bench/support/slack/server.ts';
import { until } from '../../../api/notifications/stage.ts';
import { describePostgresStores } from '../../../support/stores.ts';
import { askPeople, oneOperator, readyToAct } from '../../postgres/fixtures.ts';
import { type InboundStage, inboundStage } from './stage.ts';

await describePostgresStores('Socket Mode', (use) => {
  let slack: FakeSlack;
  let stage: InboundStage;
  beforeAll(async () => {
    slack = await startFakeSlack();
    // The first connection fails: it is tried again.
    slack.faults.set('apps.connections.open', [{ kind: 'error', error: 'internal_error' }]);
    stage = inboundStage(use().stores, slack, { appToken, signingSecret: null });
  });
  afterAll(async () => {
    await stage.stop();
    await slack.close();
  });

  test('a click is acknowledged and decided', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores, { verdict: oneOperator });
    await askPeople(stores, ready);
    const value = writeValue(ready);
    await slack.sendEnvelope(
      'interactive',
      clickPayload(slack, { actionId: actionIds.approve, value, user: 'UADA' }),
    );
    await until(() => expect(slack.ephemerals.map(({ text }) => text).join()).toContain('You approved plan'));
    expect(await stores.approvals.standing(ready.incidentId, ready.planHash)).toMatchObject({
      outcome: 'granted',
    });
  });

  test('nothing is taken over HTTP', async () => {
    await expect(stage.click({ actionId: actionIds.approve, value: '', user: 'UADA' })).rejects.toThrow(
      'over HTTP',
    );
  });
});
