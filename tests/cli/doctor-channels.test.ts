/** What `doctor` says of notifiers: whether each can be reached, and what it lacks. Nobody is told anything. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { channels } from '../../cli/doctor/channels.ts';
import { loadConfig } from '../../config/load.ts';
import { type FakePagerDuty, startFakePagerDuty } from '../support/fake-pagerduty.ts';
import { type MailServer, mailLogin, startMailServer } from '../support/mail-server.ts';

let mail: MailServer;
let pager: FakePagerDuty;
beforeAll(async () => {
  mail = await startMailServer();
  pager = await startFakePagerDuty();
});
afterAll(() => Promise.all([mail.close(), pager.close()]));

async function findings(yaml: string, env: Record<string, string> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), 'sentinel-doctor-'));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, 'sentinel.yaml'), `notifiers: [${yaml}]`);
  const loaded = loadConfig({ env, cwd });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return Promise.all(channels(loaded.config).map((check) => check()));
}
const letters = (more: string) =>
  `{ type: email, name: team, host: 127.0.0.1, port: ${mail.port}, from: a@b.c, to: [d@e.f], ${more} }`;

test('each that is there is told of, and nobody else is', async () => {
  const yaml = `{ type: pagerduty, name: desk, url: "${pager.url}" },
    { type: webhook, name: tickets, url: "${pager.url}" }, ${letters('tls: none')}`;
  const env = { SENTINEL_NOTIFIER_DESK: 'key', SENTINEL_NOTIFIER_TICKETS: 'secret' };
  expect(await findings(yaml, env)).toMatchObject([
    { name: 'Notifier desk', status: 'ok', detail: expect.stringContaining('PagerDuty at 127.0.0.1') },
    { name: 'Notifier tickets', status: 'ok', detail: expect.stringContaining('accepts connections') },
    { name: 'Notifier team', status: 'ok', detail: expect.stringContaining('answers') },
  ]);
  expect([pager.actions, mail.mails]).toEqual([[], []]);
});

test('one that nobody answers for is a note that says what to do', async () => {
  const yaml = `{ type: pagerduty, name: desk, url: "http://127.0.0.1:1" },
    { type: webhook, name: tickets, url: "http://127.0.0.1:1" }, ${letters('tls: none').replace(String(mail.port), '1')}`;
  const env = { SENTINEL_NOTIFIER_DESK: 'key', SENTINEL_NOTIFIER_TICKETS: 'secret' };
  expect(await findings(yaml, env)).toMatchObject([
    { status: 'warning', advice: expect.stringContaining('nobody is paged') },
    { status: 'warning', advice: expect.stringContaining('hears of nothing') },
    { status: 'warning', advice: expect.stringContaining('host, port or tls') },
  ]);
});

test('one without its secret is missing: Sentinel does not start without it', async () => {
  const yaml = `{ type: pagerduty, name: desk }, { type: webhook, name: tickets, url: "${pager.url}" }, ${letters('username: u')}`;
  expect(await findings(yaml)).toMatchObject([
    { status: 'missing', advice: expect.stringContaining('SENTINEL_NOTIFIER_DESK') },
    { status: 'missing', detail: 'lacks a signing secret' },
    { status: 'missing', detail: 'lacks the password for u' },
  ]);
});

test('a mail server is asked for its encryption and our login, and the password is told to nobody', async () => {
  const login = letters(`tls: none, username: ${mailLogin.username}`);
  expect(await findings(login, { SENTINEL_NOTIFIER_TEAM: mailLogin.password })).toMatchObject([
    { status: 'ok', detail: expect.stringContaining(`accepts the login of ${mailLogin.username}`) },
  ]);
  const [refused] = await findings(login, { SENTINEL_NOTIFIER_TEAM: 'hunter2' });
  expect(refused).toMatchObject({
    status: 'warning',
    advice: expect.stringContaining('username or password'),
  });
  expect(JSON.stringify(refused)).not.toContain('hunter2');
  const encrypted = letters('tls: starttls');
  expect(await findings(encrypted)).toMatchObject([
    { status: 'warning', advice: expect.stringContaining('tls') },
  ]);
});
