// What people say to a running incident: accepted, refused with the workflow's reason, or not deliverable now.

import { describe, expect, test, vi } from 'vitest';
import { startRedelivery } from '../../api/redelivery.ts';
import { worldWithIncident } from './calls.ts';
import { clientOf } from './client.ts';
import { incidentId, ref } from './incidents.ts';

describe.each([
  ['take-over', { reason: 'mine' }],
  ['abort', { reason: 'a false alarm' }],
  ['close', { reason: 'known, and harmless' }],
  ['notes', { text: 'seen before', noteId: 'n1' }],
])('POST …/%s', (what, body) => {
  const path = `/api/v1/incidents/${ref}/${what}`;
  // What stops an incident is stored first, whatever the workflow says then.
  const onlyOfNotes = what === 'notes' ? test : () => {};

  test('reaches the workflow with the name of the person', async () => {
    const world = worldWithIncident();
    const answer = await clientOf(world)(path, { key: world.keys.operator, body });
    expect(answer.json).toMatchObject({ accepted: true });
    const expected = what === 'notes' ? 'note n1' : what;
    expect(world.told).toEqual([{ incidentId, what: expected, by: 'person:operator-person' }]);
  });

  onlyOfNotes('is 409 with the reason when the workflow refuses', async () => {
    const world = worldWithIncident();
    world.workflowAnswers = 'refuses';
    const answer = await clientOf(world)(path, { body });
    expect(answer.status).toBe(409);
    expect(answer.json).toMatchObject({ reason: 'closed', detail: 'closed: the incident has ended' });
  });

  onlyOfNotes('is 503 when the workflow cannot be reached, and says nothing of where it is', async () => {
    const world = worldWithIncident();
    world.workflowAnswers = 'unreachable';
    const answer = await clientOf(world)(path, { body });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(answer.text).not.toContain('temporal.internal');
  });

  test('is 404 for an unknown incident', async () => {
    const world = worldWithIncident();
    expect((await clientOf(world)(`/api/v1/incidents/ffff-9/${what}`, { body })).status).toBe(404);
    expect(world.told).toEqual([]);
  });
});

describe.each(['take-over', 'abort', 'close'] as const)('POST …/%s', (kind) => {
  const path = `/api/incidents/${ref}/${kind}`;
  const body = { reason: 'mine' };

  test('is stored before the workflow is told, and stands when it cannot be told', async () => {
    const world = worldWithIncident();
    world.workflowAnswers = 'unreachable';
    const answer = await clientOf(world)(path, { key: world.keys.operator, body });
    expect(answer.json).toEqual({ accepted: true });
    expect([...world.stops.values()]).toEqual([
      { incidentId, kind, actor: 'operator-person', reason: 'mine', delivered: false },
    ]);
    const redelivery = startRedelivery({
      ...world.deps,
      settlements: { untold: async () => [], record: async () => false },
      intervalMs: 2,
    });
    world.workflowAnswers = 'accepts';
    await vi.waitUntil(() => world.stops.get(incidentId)?.delivered, { timeout: 60_000 });
    await redelivery.stop();
    expect(world.told).toEqual([{ incidentId, what: kind, by: 'operator-person' }]);
  });

  test('is 409 with the reason when somebody else asked before', async () => {
    const world = worldWithIncident();
    const before = kind === 'close' ? 'close' : 'take-over';
    const stop = { incidentId, kind: before, actor: 'ann', reason: '', delivered: true } as const;
    world.stops.set(incidentId, stop);
    const answer = await clientOf(world)(path, { body });
    expect(answer.status).toBe(409);
    expect(answer.json).toMatchObject({ reason: 'already-decided' });
    expect(world.told).toEqual([]);
  });
});

test('a note without an id gets one, so that the answer can be repeated', async () => {
  const world = worldWithIncident();
  const { json } = await clientOf(world)(`/api/v1/incidents/${ref}/notes`, { body: { text: 'hello' } });
  const { noteId } = json as { noteId: string };
  expect(noteId).toMatch(/^[0-9a-f-]{36}$/);
  expect(world.told[0]?.what).toBe(`note ${noteId}`);
});
