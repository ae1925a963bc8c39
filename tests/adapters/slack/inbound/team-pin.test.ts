// Which workspace is ours: said by the configuration, or by Slack for the bot token, and until then none.

import type { WebClient } from '@slack/web-api';
import { expect, test } from 'vitest';
import { createTeamPin } from '../../../../adapters/slack/inbound/team-pin.ts';

const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };

function slack(answers: (() => Promise<{ team_id?: string }>)[]): { client: WebClient; asked: () => number } {
  let asked = 0;
  const test = async () => {
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    return answer?.() ?? {};
  };
  return { client: { auth: { test } } as unknown as WebClient, asked: () => asked };
}

const T0OURS = async () => ({ team_id: 'T0OURS' });
const down = async () => Promise.reject(new Error('unreachable'));

test('the configuration decides, and Slack is not asked', async () => {
  const { client, asked } = slack([down]);
  expect(await createTeamPin({ configured: 'T0SET', client, log }).team()).toBe('T0SET');
  expect(asked()).toBe(0);
});

test('else it is the workspace of the bot token, asked once', async () => {
  const { client, asked } = slack([T0OURS]);
  const pin = createTeamPin({ configured: undefined, client, log });
  expect([await pin.team(), await pin.team()]).toEqual(['T0OURS', 'T0OURS']);
  expect(asked()).toBe(1);
});

test('while Slack does not say it there is none, and it is asked again', async () => {
  const { client } = slack([down, async () => ({}), T0OURS]);
  const pin = createTeamPin({ configured: undefined, client, log });
  expect(await pin.team()).toBeNull();
  expect(await pin.team()).toBeNull();
  expect(await pin.team()).toBe('T0OURS');
});

test('who waits for a Slack that does not answer waits a little only', async () => {
  const { client } = slack([() => new Promise(() => {})]);
  const pin = createTeamPin({ configured: undefined, client, log, waitMs: 1 });
  expect(await pin.team()).toBeNull();
});
