/** What is particular to PagerDuty's webhooks; what every way in promises is in contract.test.ts. */
import { expect, test } from 'vitest';
import { incidentIdOf } from '../../../domain/incident/incident-id.ts';
import { TestApp } from '../support/app.ts';
import { defaultSources } from '../support/memory.ts';
import { pagerduty } from './harnesses/pagerduty.ts';

test('what Sentinel opened there is no news when it comes back', async () => {
  const variable = pagerduty.signature?.variable ?? '';
  const app = new TestApp({
    sources: defaultSources({ [variable]: pagerduty.signature?.secrets.join(' ') ?? '' }),
  });
  const place = { environment: 'prod', service: 'orders', fingerprint: '0a1b2c3d', episode: 2 };
  const own = JSON.stringify(pagerduty.firing('A')).replace(
    'd3640fbd41094207a1c11e58e46b1662',
    incidentIdOf(place),
  );
  const response = await app.post(pagerduty.path, own, pagerduty.prove(own));
  expect(await response.json()).toMatchObject({ accepted: 0, ignored: 'Sentinel itself opened it' });
  expect(app.inbox.stored.size).toBe(0);
});
