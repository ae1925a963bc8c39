/** Grafana's signature, in place of a key; what every way in promises is in contract.test.ts. */
import { expect, test } from 'vitest';
import { ownOfSources } from '../../../ingest/sources/index.ts';
import { TestApp } from '../support/app.ts';
import { defaultSettings } from '../support/memory.ts';
import { nowMs } from '../support/otlp.ts';
import { byKey, hmac } from './harness.ts';
import { grafana } from './harnesses/alertmanager.ts';

const variable = 'SENTINEL_GRAFANA_WEBHOOK_SECRETS';
const secret = 'a-secret-of-the-contact-point';

function appWith(secrets: string | null, reach: object = {}): TestApp {
  const settings = { ...defaultSettings, alertmanager: { ...defaultSettings.alertmanager, reach } };
  return new TestApp({ sources: ownOfSources(settings, (name) => (name === variable ? secrets : null)) });
}
const body = JSON.stringify(grafana.firing('A'));
/** As Grafana signs: with the time before the body where the contact point has a header for it. */
function signed(atMs: number | null = nowMs, by = secret) {
  const seconds = atMs === null ? null : String(Math.floor(atMs / 1_000));
  return {
    'content-type': 'application/json',
    ...(seconds === null ? {} : { 'x-grafana-alerting-timestamp': seconds }),
    'x-grafana-alerting-signature': hmac(by, 'hex', ...(seconds === null ? [] : [`${seconds}:`]), body),
  };
}
const status = async (app: TestApp, headers: Readonly<Record<string, string>>, text = body) =>
  (await app.post(grafana.path, text, headers)).status;

test('a signature by the secret serves as a key does, with and without its time', async () => {
  const app = appWith(`${secret} another-secret-of-sixteen`);
  expect(await status(app, signed())).toBe(202);
  expect(await status(app, signed(null))).toBe(202);
  expect(await status(app, signed(nowMs, 'another-secret-of-sixteen'))).toBe(202);
  expect(app.inbox.stored.size).toBe(1);
});

test('a signature that does not fit is refused, also beside a good key; so is one that is old, or lost its time', async () => {
  const app = appWith(secret);
  const { 'x-grafana-alerting-timestamp': _, ...timeless } = signed();
  expect(await status(app, signed(nowMs, 'not-the-secret-at-all'))).toBe(401);
  expect(await status(app, { ...byKey(), ...signed(nowMs, 'not-the-secret-at-all') })).toBe(401);
  expect(await status(app, signed(), `${body} `)).toBe(401);
  expect(await status(app, signed(nowMs - 6 * 60_000))).toBe(401);
  expect(await status(app, timeless)).toBe(401);
  expect(app.inbox.stored.size).toBe(0);
});

test('a key serves on; without the secret, a signature proves nothing', async () => {
  expect(await status(appWith(secret), byKey())).toBe(202);
  const app = appWith(null);
  expect(await status(app, signed())).toBe(401);
  expect(await status(app, { ...signed(), ...byKey() })).toBe(202);
});

test('who signs speaks about what the configuration says', async () => {
  expect(await status(appWith(secret, { environments: ['elsewhere'] }), signed())).toBe(403);
  expect(await status(appWith(secret, { environments: ['prod'] }), signed())).toBe(202);
});

test('no other way of the source is open to it', async () => {
  const other = await appWith(secret).post('/api/v1/alerts/alertmanager', body, signed());
  expect(other.status).toBe(401);
});
