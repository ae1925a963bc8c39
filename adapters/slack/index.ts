// Slack as a way to people, who decide there as well.

import { isClearText } from '../../domain/net-address.ts';
import type { ChatVendor } from '../channel-vendor.ts';
import { secrets, settings } from './settings.ts';

export const slack: ChatVendor<typeof settings, typeof secrets> = {
  title: 'Slack',
  about:
    'One Slack message per incident, updated in place, with buttons to approve and reject (docs/slack.md). Requires `SENTINEL_SLACK_BOT_TOKEN`.',
  settings,
  routing: { cooldown: '3s', severities: ['warning', 'critical'] },
  secrets,
  clearText: ({ apiUrl }, { botToken }) =>
    apiUrl !== undefined && botToken !== null && isClearText(apiUrl)
      ? { key: 'apiUrl', what: 'the Slack bot token' }
      : null,
  load: async () => (await import('./parts.ts')).parts,
};
