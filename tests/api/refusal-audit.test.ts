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

test('an unknown key, a missing key, and a role that is too low are each an entry, with who it was where that is known', async () => {
  const world = createWorld();
  const { entries, writer } = recording();
  const app = createApp({ ...world.deps, auditWriter: writer });
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
  const audit = createRefusalAudit(writer, { nowMs: () => nowMs, log: { warn() {} } });
  const refused = { actor: 'system:unknown', reason: 'unknown', route: 'GET /x', address: '192.0.2.1' };
  for (let index = 0; index < 1_000; index += 1) audit.note(refused);
  expect(entries).toHaveLength(1);
  nowMs = 60_000;
  audit.note(refused);
  expect(entries.map(({ details }) => details.moreBefore)).toEqual([0, 999]);
  for (let index = 0; index < 1_000; index += 1) audit.note({ ...refused, address: `192.0.2.${index}` });
  expect(entries.length).toBeLessThanOrEqual(102);
});

test('failed logins, pages and forms beyond a role, notes and login links are in it', async () => {
  const world = createWorld();
  addIncident(world);
  const { entries, writer } = recording();
  const deps = { ...world.deps, auditWriter: writer };
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
