// Whose a payload is, and where it wants its answer.

import { expect, test } from 'vitest';
import { isSlackResponseUrl, originOf } from '../../../../adapters/slack/inbound/payload.ts';

test('a guest from another workspace is told apart from the workspace they are in', () => {
  const body = { team: { id: 'T0HOME' }, user: { id: 'U1', team_id: 'T0OTHER' }, api_app_id: 'A1' };
  expect(originOf(body)).toMatchObject({ team: 'T0HOME', userTeam: 'T0OTHER', app: 'A1' });
});

test.each([
  ['https://hooks.slack.com/actions/T0/1/x', true],
  ['http://hooks.slack.com/actions/T0/1/x', false],
  ['https://hooks.slack.com.evil.example/actions', false],
  ['https://hooks.slack.com@evil.example/actions', false],
  ['https://hooks.slack.com:8443/actions', false],
  ['http://169.254.169.254/latest/meta-data', false],
  ['nonsense', false],
])('an answer to %s: %s', (url, good) => {
  expect(isSlackResponseUrl(url, undefined)).toBe(good);
});

test('where Slack is said to be elsewhere, answers may go there', () => {
  expect(isSlackResponseUrl('http://127.0.0.1:9000/respond', 'http://127.0.0.1:9000/api/')).toBe(true);
  expect(isSlackResponseUrl('http://127.0.0.1:9001/respond', 'http://127.0.0.1:9000/api/')).toBe(false);
});
