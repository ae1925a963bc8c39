/** What `doctor` says of Slack. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { appToken, botToken, type FakeSlack, startFakeSlack } from '../../bench/support/slack/server.ts';
import { channels } from '../../cli/doctor/channels.ts';
import { type Config, loadConfig, parseSettings } from '../../config/load.ts';

let server: FakeSlack;
beforeAll(async () => {
  server = await startFakeSlack();
});
beforeEach(() => {
  server.outage = null;
});
afterAll(() => server.close());

const bot = { SENTINEL_SLACK_BOT_TOKEN: botToken };
const signing = { SENTINEL_SLACK_SIGNING_SECRET: 'secret' };

async function findings(settings: string | null, env: Record<string, string>) {
  const loaded = loadConfig({ env, cwd: import.meta.dirname });
  const parsed = parseSettings(settings === null ? '' : `slack: ${settings}`, 'sentinel.yaml');
  if (!loaded.ok || !parsed.ok) throw new Error('the example configuration is wrong');
  const config: Config = { ...loaded.config, slack: parsed.settings.slack };
  return Promise.all(channels(config).map((check) => check()));
}
const settings = (more = '') =>
  `{ channel: C0123, apiUrl: "${server.apiUrl}", users: { U0ADA: { name: ada, role: operator } }${more} }`;

test('nothing is said of what nobody configured', async () => {
  expect(await findings(null, {})).toEqual([]);
});

test('everything there: who it is, and how clicks come in', async () => {
  const app = { SENTINEL_SLACK_APP_TOKEN: appToken };
  const [found] = await findings(settings(', teamId: T0TEST'), { ...bot, ...signing, ...app });
  expect(found).toMatchObject({ status: 'ok', advice: null });
  expect(found?.detail).toContain(
    'sentinel in Test (T0TEST), channel C0123; clicks over HTTP and Socket Mode',
  );
});

test.each<[string, (() => string) | null, Record<string, string>, string]>([
  ['a token without a channel', null, bot, 'slack.channel'],
  ['no token', settings, {}, 'SENTINEL_SLACK_BOT_TOKEN'],
  ['no way for clicks', settings, bot, 'SENTINEL_SLACK_SIGNING_SECRET'],
  ['a revoked token', settings, { SENTINEL_SLACK_BOT_TOKEN: 'xoxb-old' }, 'still installed'],
  ['another workspace', () => settings(', teamId: T0OTHER'), { ...bot, ...signing }, 'slack.teamId'],
  [
    'nobody who may click',
    () => `{ channel: C0123, apiUrl: "${server.apiUrl}" }`,
    { ...bot, ...signing },
    'people.<name>.slack',
  ],
])('%s is a note that says what to do', async (_what, yaml, env, advice) => {
  const [found] = await findings(yaml?.() ?? null, env);
  expect(found?.status).toBe('warning');
  expect(found?.advice).toContain(advice);
});

test('an outage is a note, not a crash', async () => {
  server.outage = { kind: 'status', status: 503 };
  const [found] = await findings(settings(), { ...bot, ...signing });
  expect(found).toMatchObject({ status: 'warning' });
  expect(found?.detail).toContain('503');
});
