/** Slack's settings and tokens. */
import { expect, test } from 'vitest';
import { parseSettings } from '../../config/load.ts';
import { readSecrets } from '../../config/secrets.ts';

const parse = (slack: string) => parseSettings(`slack: ${slack}`, 'sentinel.yaml');

test('Slack is not configured unless somebody says so', () => {
  const parsed = parseSettings('', 'sentinel.yaml');
  expect(parsed.ok && parsed.settings.slack).toBeUndefined();
});

test('people by their Slack id, with name and role', () => {
  const users = '{ U0ADA: { name: ada, role: operator } }';
  expect(parse(`{ channel: C0123, users: ${users}, cooldown: 10s }`)).toMatchObject({
    ok: true,
    settings: {
      slack: { channel: 'C0123', cooldown: 10_000, users: { U0ADA: { name: 'ada', role: 'operator' } } },
    },
  });
});

test.each([
  '{}',
  '{ channel: "#incidents" }',
  '{ channel: C0123, users: { ada: { name: ada, role: operator } } }',
  '{ channel: C0123, users: { U0ADA: { name: ada, role: root } } }',
  '{ channel: C0123, users: { U0ADA: { name: " ", role: admin } } }',
  '{ channel: C0123, apiUrl: "ftp://slack" }',
  '{ channel: C0123, botToken: xoxb-1 }',
])('%s is refused', (slack) => {
  expect(parse(slack)).toMatchObject({ ok: false });
});

test('a token of the wrong sort is refused by its name, without repeating it', () => {
  const env = { SENTINEL_SLACK_BOT_TOKEN: 'xapp-secret', SENTINEL_SLACK_APP_TOKEN: 'xoxb-secret' };
  const { problems } = readSecrets(env, () => '');
  expect(problems.map(({ path }) => path)).toEqual(['SENTINEL_SLACK_BOT_TOKEN', 'SENTINEL_SLACK_APP_TOKEN']);
  expect(JSON.stringify(problems)).not.toContain('-secret');
});
