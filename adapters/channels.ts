// The ways to people: a folder each, and one line here. Notifiers by the `type` that a configuration gives under `notifiers`; chats by
// the name of their section.

import type { ChatVendor, NotifierVendor } from './channel-vendor.ts';
import { email } from './email/index.ts';
import { pagerduty } from './pagerduty/index.ts';
import { slack } from './slack/index.ts';
import { webhook } from './webhook/index.ts';

export const notifierVendors = {
  pagerduty,
  webhook,
  email,
} satisfies Readonly<Record<string, NotifierVendor>>;

export const chatVendors = {
  slack,
} satisfies Readonly<Record<string, ChatVendor>>;
