// PagerDuty as a way to people.

import { z } from 'zod';
import { isClearText } from '../../domain/net-address.ts';
import type { NotifierVendor } from '../channel-vendor.ts';
import { httpUrl } from '../network/settings.ts';

const settings = z.strictObject({
  url: httpUrl
    .default('https://events.pagerduty.com')
    .describe('URL of the Events API. Use `https://events.eu.pagerduty.com` in the EU service region.'),
});

export const pagerduty: NotifierVendor<typeof settings> = {
  about: 'PagerDuty, through Events API v2. The secret is the integration key.',
  settings,
  routing: { cooldown: '0s', severities: ['critical'] },
  secretFor: () => 'the PagerDuty integration key',
  clearText: ({ url }) => (isClearText(url) ? { key: 'url', what: 'incident data' } : null),
  async load() {
    const [{ createPagerDutyChannel }, { reached }] = await Promise.all([
      import('./channel.ts'),
      import('../network/reach.ts'),
    ]);
    return {
      create: ({ name, url }, routingKey, { incidentUrl }) =>
        createPagerDutyChannel({ name, url, routingKey, incidentUrl }),
      // Whether the key is right only an event would tell, and that would page somebody.
      doctor: ({ name, url }) =>
        reached(
          `Notifier ${name}`,
          url,
          'PagerDuty at ',
          'Fix its url, or the way there; until then nobody is paged.',
        ),
    };
  },
};
