// Who was refused stands in the audit, and whoever is refused a thousand times does not fill it.

import { expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import { createRefusalAudit } from '../../api/http/refusal-audit.ts';
import type { AuditWriter } from '../../api/ports/audit.ts';
import { loggedIn, openBrowser } from './dashboard/browser.ts';
import { createWorld } from './in-memory.ts';
import { addIncident, incidentId, ref } from './incidents.ts';

type Entry = Parameters<AuditWriter['append']>[0];

function recording() {
  const entries: Entry[] = [];
  return { entries, writer: { append: async (entry: Entry) => void entries.push(entry) } };
}

const refusalAudit = (writer: AuditWriter, nowMs: () => number = Date.now) =>
  createRefusalAudit(writer, { nowMs, log: { warn() {} } });
const refused = { actor: 'system:unknown', reason: 'unknown', route: 'GET /x', address: '192.0.2.1' };
/** Each entry stands for itself and for those before it that have none. */
const refusalsIn = (entries: readonly Entry[]): number =>
  entries.reduce((sum, { details }) => sum + 1 + Number(details.moreBefore), 0);

test('an unknown key, a missing key, and a role that is too low are each an entry, with who it was where that is known', async () => {
  const world = createWorld();
  const { entries, writer } = recording();
  const app = createApp({ ...world.deps, refusals: refusalAudit(writer) });
  const ask = (key: string | null) =>
    app.request('/api/v1/keys', key === null ? {} : { headers: { authorization: `Bearer ${key}` } });
  await ask(null);
  await ask(world.keys.revoked);
  await ask(world.keys.operator);
  await ask(world.keys.admin);
  expect(
    entries.map(({ actor, action, subject, details }) => [actor, action, subject, details.refused]),
  ).toEqual([
    ['system:unknown', 'access.refuse', 'GET /api/v1/keys', 'missing'],
    ['system:unknown', 'access.refuse', 'GET /api/v1/keys', 'unknown'],
    ['person:operator-person', 'access.refuse', 'GET /api/v1/keys', 'role-too-low'],
  ]);
  expect(JSON.stringify(entries)).not.toContain(world.keys.revoked);
});

test('the same again within a minute is a number in the next entry; kinds beyond a hundred are one', () => {
  const { entries, writer } = recording();
  let nowMs = 0;
  const audit = refusalAudit(writer, () => nowMs);
  for (let index = 0; index < 1_000; index += 1) audit.note(refused);
  expect(entries).toHaveLength(1);
  nowMs = 60_000;
  audit.note(refused);
  expect(entries.map(({ details }) => details.moreBefore)).toEqual([0, 999]);
  for (let index = 0; index < 1_000; index += 1) audit.note({ ...refused, address: `192.0.2.${index}` });
  expect(entries.length).toBeLessThanOrEqual(102);
});

test('repeats are written when their minute is over, although nobody is refused any more', async () => {
  const { entries, writer } = recording();
  let nowMs = 0;
  const audit = refusalAudit(writer, () => nowMs);
  for (let index = 0; index < 1_000; index += 1) audit.note(refused);
  nowMs = 59_999;
  await audit.settle();
  expect(entries).toHaveLength(1);
  nowMs = 60_000;
  await audit.settle();
  expect(entries.map(({ details }) => details.moreBefore)).toEqual([0, 998]);
  expect(entries[1]).toMatchObject({ actor: refused.actor, subject: 'GET /x', reason: 'refused: unknown' });
  for (nowMs = 120_000; nowMs <= 600_000; nowMs += 60_000) await audit.settle();
  expect(refusalsIn(entries)).toBe(1_000);
});

test('what repeats for an hour is an entry a minute, and all of it is counted, also at the end of the process', async () => {
  const { entries, writer } = recording();
  let nowMs = 0;
  const audit = refusalAudit(writer, () => nowMs);
  for (; nowMs < 3_600_000; nowMs += 1_000) {
    audit.note(refused);
    if (nowMs % 10_000 === 0) await audit.settle();
  }
  for (let index = 0; index < 3; index += 1) audit.note(refused);
  await audit.close();
  expect(refusalsIn(entries)).toBe(3_603);
  expect(entries.length).toBeLessThanOrEqual(62);
  await audit.close();
  expect(refusalsIn(entries)).toBe(3_603);
});

test('repeats that cannot be written wait for the next time', async () => {
  const { entries, writer } = recording();
  let away = false;
  const unsteady = {
    append: (entry: Entry) => (away ? Promise.reject(new Error('away')) : writer.append(entry)),
  };
  let nowMs = 0;
  const audit = refusalAudit(unsteady, () => nowMs);
  for (let index = 0; index < 10; index += 1) audit.note(refused);
  nowMs = 60_000;
  away = true;
  await audit.settle();
  audit.note(refused);
  expect(entries).toHaveLength(1);
  away = false;
  nowMs = 120_000;
  await audit.settle();
  expect(refusalsIn(entries)).toBe(11);
});

test('failed logins, pages and forms beyond a role, notes and login links are in it', async () => {
  const world = createWorld();
  addIncident(world);
  const { entries, writer } = recording();
  const deps = { ...world.deps, auditWriter: writer, refusals: refusalAudit(writer) };
  const stranger = openBrowser({ ...world, deps });
  await stranger.post('/login', { key: 'sntl_nobody' });
  const viewer = await loggedIn({ ...world, deps }, world.keys.viewer);
  await viewer.get('/audit');
  const app = createApp(deps);
  const ask = (path: string, body: object) =>
    app.request(path, {
      method: 'POST',
      headers: { authorization: `Bearer ${world.keys.operator}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  await ask(`/api/v1/incidents/${ref}/notes`, { text: 'seen' });
  await ask('/api/v1/login-link', {});
  expect(entries.map(({ actor, action, subject, reason }) => [actor, action, subject, reason])).toEqual([
    ['system:unknown', 'access.refuse', 'POST /login', 'refused: login-failed'],
    ['person:viewer-person', 'access.refuse', 'GET /audit', 'refused: role-too-low'],
    ['person:operator-person', 'incident.intervene', incidentId, 'seen'],
    ['person:operator-person', 'login-link.create', 'key/key-operator', 'a one-time login link was made'],
  ]);
  expect(JSON.stringify(entries)).not.toContain('sntl_nobody');
});
