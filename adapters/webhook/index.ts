// A webhook of the user's own as a way to people.

import { z } from 'zod';
import { isClearText } from '../../domain/net-address.ts';
import type { NotifierVendor } from '../channel-vendor.ts';
import { httpUrl } from '../network/settings.ts';

const settings = z.strictObject({
  url: httpUrl.describe('URL that incidents are posted to, as JSON.'),
  follow: z
    .enum(['moments', 'everything'])
    .default('moments')
    .describe(
      '`moments` sends only those; `everything` sends every event of an incident once it has been notified.',
    ),
});

export const webhook: NotifierVendor<typeof settings> = {
  about: 'A webhook of your own. The secret signs requests.',
  settings,
  routing: { cooldown: '0s', severities: ['info', 'warning', 'critical'] },
  secretFor: () => 'a signing secret',
  clearText: ({ url }) => (isClearText(url) ? { key: 'url', what: 'incident data' } : null),
  async load() {
    const [{ createWebhookChannel }, { reached }] = await Promise.all([
      import('./channel.ts'),
      import('../network/reach.ts'),
    ]);
    return {
      create: ({ name, url, follow }, secret, { incidentUrl, nowMs }) =>
        createWebhookChannel({ name, url, secret, follows: follow, incidentUrl, nowMs }),
      doctor: ({ name, url }) =>
        reached(
          `Notifier ${name}`,
          url,
          '',
          'Start the receiver, or fix its url; until then it hears of nothing.',
        ),
    };
  },
};
