// What people say to a running incident: accepted, refused with the workflow's reason, or not deliverable now.

import { describe, expect, test } from 'vitest';
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

  test('reaches the workflow with the name of the person', async () => {
    const world = worldWithIncident();
    const answer = await clientOf(world)(path, { key: world.keys.operator, body });
    expect(answer.json).toMatchObject({ accepted: true });
    const expected = what === 'notes' ? 'note n1' : what;
    expect(world.told).toEqual([{ incidentId, what: expected, by: 'operator-person' }]);
  });

  test('is 409 with the reason when the workflow refuses', async () => {
    const world = worldWithIncident();
    world.workflowAnswers = 'refuses';
    const answer = await clientOf(world)(path, { body });
    expect(answer.status).toBe(409);
    expect(answer.json).toMatchObject({ reason: 'closed', detail: 'closed: the incident has ended' });
  });

  test('is 503 when the workflow cannot be reached, and says nothing of where it is', async () => {
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

test('a note without an id gets one, so that the answer can be repeated', async () => {
  const world = worldWithIncident();
  const { json } = await clientOf(world)(`/api/v1/incidents/${ref}/notes`, { body: { text: 'hello' } });
  const { noteId } = json as { noteId: string };
  expect(noteId).toMatch(/^[0-9a-f-]{36}$/);
  expect(world.told[0]?.what).toBe(`note ${noteId}`);
});
