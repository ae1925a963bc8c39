/** The way in for Slack: its own bytes, untouched; no way at all without a signing secret. */
import { expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import { createWorld } from './in-memory.ts';

test('whatever is not JSON reaches Slack’s receiver byte by byte', async () => {
  const { deps } = createWorld();
  const bytes = new Uint8Array([0xff, 0x00, 0x7b, 0x0d, 0x0a]);
  let received: Uint8Array | undefined;
  const app = createApp({
    ...deps,
    slackEvents: async (request) => {
      received = new Uint8Array(await request.arrayBuffer());
      return new Response(null, { status: 401 });
    },
  });
  const answer = await app.request('/api/v1/slack/events', { method: 'POST', body: bytes });
  expect(answer.status).toBe(401);
  expect(received).toEqual(bytes);
});

test('without a signing secret there is no such route', async () => {
  const { deps } = createWorld();
  const app = createApp({ ...deps, slackEvents: null });
  const answer = await app.request('/api/v1/slack/events', { method: 'POST', body: 'payload=1' });
  expect(answer.status).toBe(404);
});
