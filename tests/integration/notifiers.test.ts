// A whole Sentinel, configured as docs/notifications.md says, tells a pager, a webhook and a mailbox of an incident and of
// its end, although each of them fails at first and the process is killed in between.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type FakePagerDuty, routingKey, startFakePagerDuty } from '../support/fake-pagerduty.ts';
import { type FaultyServer, startFaultyServer } from '../support/faulty-server.ts';
import { type MailServer, mailLogin, startMailServer } from '../support/mail-server.ts';
import { temporaryFolder } from './support/folder.ts';
import { newAdminKey, type Sentinel, type Settings, serverSettings, startUp } from './support/sentinel.ts';
import { eventually } from './support/wait.ts';

const docs = join(import.meta.dirname, '../../docs/notifications.md');
const adminKey = newAdminKey();
const env = {
  SENTINEL_NOTIFIER_ONCALL: routingKey,
  SENTINEL_NOTIFIER_TICKET_DESK: 'a secret',
  SENTINEL_NOTIFIER_TEAM: mailLogin.password,
};

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let settings: Settings;
let sentinel: Sentinel;
let pagerduty: FakePagerDuty;
let desk: FaultyServer;
let mail: MailServer;

/** The notifiers of the documentation, at our addresses. */
async function documentedNotifiers(): Promise<unknown[]> {
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(await readFile(docs, 'utf8')) ?? [];
  const { notifiers } = parse(yaml) as { notifiers: ({ type: string } & Record<string, unknown>)[] };
  const here: Record<string, object> = {
    pagerduty: { url: pagerduty.url },
    webhook: { url: desk.url, environments: ['test'] },
    email: { host: '127.0.0.1', port: mail.port, tls: 'none' },
  };
  return notifiers.map((notifier) => ({ ...notifier, ...here[notifier.type] }));
}

beforeAll(async () => {
  folder = await temporaryFolder('notifiers');
  [pagerduty, desk, mail] = await Promise.all([
    startFakePagerDuty(),
    startFaultyServer(() => ({ status: 200 })),
    startMailServer(),
  ]);
  settings = {
    ...(await serverSettings()),
    notifiers: await documentedNotifiers(),
    incident: { settle: '2s' },
  };
  sentinel = await startUp(folder.path, settings, { env, adminKey });
});
afterAll(async () => {
  await sentinel?.end();
  await Promise.all([pagerduty?.close(), desk?.close(), mail?.close()]);
  await folder?.remove();
});

test('everybody hears of an incident and of its end, through faults and a kill', async () => {
  pagerduty.fail('executed-then-silent', { status: 500 });
  desk.fail({ status: 503 }, 'garbage');
  mail.fail({ at: 'message', code: 451, text: 'not now' });
  const alert = {
    service: 'orders',
    environment: 'test',
    severity: 'critical',
    title: 'orders do not arrive',
  };
  expect((await sentinel.admin.request('POST', '/api/v1/trigger-alert', alert)).status).toBe(202);
  await eventually('the first attempts', () => pagerduty.received.length > 0 && desk.received.length > 0);
  sentinel.running.child.kill('SIGKILL');
  await sentinel.running.done;
  sentinel = await startUp(folder.path, settings, { env, adminKey });

  // Nothing measured confirms the alert, so it ends with a person.
  await eventually(
    'the page',
    () => (pagerduty.incidents[0]?.summaries.at(-1) ?? '').startsWith('Needs a person: '),
    120_000,
  );
  await eventually(
    'the webhook',
    () =>
      desk.received.some(
        ({ body }) => body.includes('"moments":["escalated"]') || body.includes('"escalated"]'),
      ),
    120_000,
  );
  await eventually(
    'the mail',
    () => mail.mails.some(({ source }) => source.includes('A person has to take over')),
    120_000,
  );
  const [incident] = await sentinel.admin.incidents();
  expect(pagerduty.incidents).toMatchObject([{ key: incident?.id, status: 'triggered' }]);
  const ids = desk.received.map(({ headers }) => String(headers['sentinel-delivery']));
  expect(ids.every((id) => id.startsWith(`${incident?.id}/`))).toBe(true);
  const link = `${sentinel.url}/incidents/${incident?.ref}`;
  expect(mail.mails.at(-1)?.source).toContain(link);
});

test('a notifier without its secret: says which variable is missing', async () => {
  const { code, stderr } = await sentinel.stop();
  expect({ code, stderr: stderr.includes(routingKey) }).toEqual({ code: 0, stderr: false });
  const failing = startUp(folder.path, settings, { adminKey });
  await expect(failing).rejects.toThrow('set SENTINEL_NOTIFIER_ONCALL in the environment');
});
