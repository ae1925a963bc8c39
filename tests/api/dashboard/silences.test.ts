// The page of silences, and what other pages say of them.

import { expect, test } from 'vitest';
import { exampleSilence } from '../../support/memory-silences.ts';
import { worldWithIncident } from '../calls.ts';
import { ref } from '../incidents.ts';
import { loggedIn } from './browser.ts';

test('shows who silences what until when, and offers to end what is Sentinel’s own', async () => {
  const world = worldWithIncident();
  const source = {
    name: 'alertmanagers/main',
    id: 'x',
    by: 'bob',
    environments: ['production'],
    otherNames: {},
  };
  world.silenced.silences.push(exampleSilence({ id: 'silence-theirs', source }));
  const { text } = await (await loggedIn(world, world.keys.operator)).get('/silences');
  expect(text).toContain('environment=&quot;production&quot;, service=&quot;orders&quot;');
  expect(text).toContain('Silence by ada: load test (OPS-7)');
  expect(text).toContain('Silence by bob in alertmanagers/main');
  expect(text.match(/action="\/silences\/end"/g)).toHaveLength(1);
  const viewers = await (await loggedIn(world, world.keys.viewer)).get('/silences');
  expect(viewers.text).not.toMatch(/action="\/silences(\/end)?"/);
});

test('an incident leads to the form filled in for it, which shows a preview before anything is made', async () => {
  const world = worldWithIncident();
  world.silenced.preview = {
    incidents: [
      {
        ...{ incidentId: 'incident/production.orders/3f2a9c00/1', title: 'Errors in orders' },
        ...{ environment: 'production', service: 'orders', severity: 'critical', matched: 1, findings: 2 },
      },
    ],
    of: 4,
  };
  const browser = await loggedIn(world, world.keys.operator);
  const [, href = ''] =
    /href="(\/silences\?[^"]+)">Silence…/.exec((await browser.get(`/incidents/${ref}`)).text) ?? [];
  const { text } = await browser.get(href.replaceAll('&amp;', '&'));
  expect(text).toContain('environment=&quot;production&quot;\nservice=&quot;orders&quot;</textarea>');
  expect(text).toContain('It is about 1 of the 4 open incidents:');
  expect(text).toContain('1 of 2 findings');
  expect(text).toContain('<form method="post" action="/silences">');
  const wrong = await browser.get('/silences?matchers=service');
  expect(wrong.text).toContain('This is no matcher: <span class="id">service</span>');
  expect(wrong.text).not.toContain('<form method="post" action="/silences">');
});

test('an incident and a service say until when, by whom and why', async () => {
  const world = worldWithIncident();
  const occurrence = { startsAtMs: 0, endsAtMs: 1_700_003_600_000 };
  const held = { silence: exampleSilence(), occurrence };
  world.silenced.here = { notifications: held, incidents: null, actions: held };
  const browser = await loggedIn(world, world.keys.viewer);
  for (const path of [`/incidents/${ref}`, '/series?environment=production&service=orders']) {
    const { text } = await browser.get(path);
    expect(text).toMatch(/Silenced until .*<\/b> by ada, because load test: no notifications, no actions\./);
  }
});
