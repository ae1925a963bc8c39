// Ways in and ways to people: what their sections refuse, and where their secrets come from.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Logger } from '../../api/ports/logger.ts';
import { createKafkaPart } from '../../app/ingest/kafka.ts';
import { createNotifiers } from '../../app/notifications/notifiers.ts';
import { standardChecks } from '../../cli/doctor/checks.ts';
import { type Config, loadConfig } from '../../config/load.ts';
import { silent } from '../support/fakes.ts';

const log: Logger = { ...silent, child: () => log };

function load(yaml: string, env: Record<string, string> = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-config-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'sentinel.yaml'), yaml);
  return loadConfig({ env, cwd: dir });
}
function good(yaml: string, env?: Record<string, string>): Config {
  const loaded = load(yaml, env);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}
function problems(yaml: string, env?: Record<string, string>): string {
  const loaded = load(yaml, env);
  return loaded.ok ? '' : JSON.stringify(loaded.problems);
}

const desk = 'notifiers: [{ type: webhook, name: ticket-desk, url: "https://desk.invalid/" }]';
const mail = (fields: string) =>
  `notifiers: [{ type: email, name: m, host: h, from: a@b.c, to: [d@e.f], ${fields} }]`;

test('the secret of a notifier is under its name, as a value or as a file, and shows itself nowhere', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-secret-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, 'secret'), 'from a file\n');
  const direct = good(desk, { SENTINEL_NOTIFIER_TICKET_DESK: 'direct' });
  expect(direct.notifierSecrets['ticket-desk']?.reveal()).toBe('direct');
  expect(JSON.stringify(direct)).not.toContain('direct');
  const file = good(desk, { SENTINEL_NOTIFIER_TICKET_DESK_FILE: join(dir, 'secret') });
  expect(file.notifierSecrets['ticket-desk']?.reveal()).toBe('from a file');
  expect(problems(desk, { SENTINEL_NOTIFIER_TICKET_DESK: '' })).toContain('set but empty');
});

test('a notifier without its secret names the variable', async () => {
  const create = (config: Config) => createNotifiers({ config, clock: { nowMs: () => 0 }, log });
  await expect(create(good(desk))).rejects.toThrow(
    'needs a signing secret: set SENTINEL_NOTIFIER_TICKET_DESK in the environment',
  );
  const login = good(mail('username: u'));
  await expect(create(login)).rejects.toThrow('SENTINEL_NOTIFIER_M');
  expect(await create(good(mail('')))).toHaveLength(1);
});

test.each([
  ['the same name twice', desk.replace(']', ', { type: pagerduty, name: ticket-desk }]'), 'used twice'],
  ['a sender that is no address', mail('').replace('a@b.c', 'nobody'), 'mail address'],
  ['a sender with a line break', mail('').replace('a@b.c', '"a@b.c\\r\\nBcc: x@y.z"'), 'mail address'],
  ['a webhook over ftp', desk.replace('https', 'ftp'), 'http'],
  ['an unknown kind', desk.replace('webhook', 'carrier-pigeon'), 'type'],
  ['one topic for two things', 'kafka: { topics: { alerts: a, deadLetters: a } }', 'different topics'],
  [
    'a topic of telemetry twice',
    'kafka: { topics: { telemetry: [{ topic: a }, { topic: a }] } }',
    'different topics',
  ],
  ['a broker without a port', 'kafka: { brokers: [kafka.internal] }', 'host:port'],
  ['no label for the service', 'ingest: { alertmanager: { service: [] } }', 'service'],
  ['a label that is none', 'ingest: { alertmanager: { service: ["a b"] } }', 'name of a label'],
])('%s is refused', (_what, yaml, expected) => {
  expect(problems(yaml)).toContain(expected);
});

test('a login at Kafka needs its password from the environment', () => {
  const yaml = 'kafka: { brokers: ["k:9092"], sasl: { mechanism: plain, username: sentinel } }';
  const part = (env: Record<string, string>) =>
    createKafkaPart({ config: good(yaml, env), log: {}, metrics: { gauge() {} } } as unknown as Parameters<
      typeof createKafkaPart
    >[0]);
  expect(() => part({})).toThrow('set SENTINEL_KAFKA_PASSWORD in the environment');
  expect(part({ SENTINEL_KAFKA_PASSWORD: 'p' })).not.toBeNull();
});

test('doctor looks at every broker', async () => {
  const config = good(
    'kafka: { brokers: ["127.0.0.1:1", "localhost:1"] }\ntemporal: { address: "127.0.0.1:1" }',
  );
  const findings = await Promise.all(standardChecks(config).map((check) => check()));
  const kafka = findings.filter(({ name }) => name.startsWith('Kafka'));
  expect(kafka).toMatchObject([
    { name: 'Kafka 127.0.0.1:1', status: 'missing', advice: expect.stringContaining('kafka.brokers') },
    { name: 'Kafka localhost:1', status: 'missing' },
    { name: 'Kafka topics', status: 'warning' },
  ]);
});
