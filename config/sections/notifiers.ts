// Ways to people beside chat. Each has a name of its own, and a secret in the environment under that name.

import { z } from 'zod';
import { routeOf, routingFields } from './routing.ts';

const httpUrl = z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' });
const mailAddress = z
  .string()
  .max(320)
  .regex(
    /^[^\p{Cc}]*[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$|^[^\p{Cc}<>]*<[^\s@<>\p{Cc}]+@[^\s@<>\p{Cc}]+>$/u,
    'expected a mail address',
  );

const common = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,40}$/, 'expected lower-case letters, digits and -')
    .describe(
      'Name in metrics and notes, and of its secret: `SENTINEL_NOTIFIER_<NAME>`. Keep it: by it Sentinel knows what was told.',
    ),
};

const pagerduty = z
  .strictObject({
    type: z.literal('pagerduty'),
    ...common,
    url: httpUrl
      .default('https://events.pagerduty.com')
      .describe('Events API; another one in the EU region.'),
    ...routingFields({ cooldown: '0s', severities: ['critical'] }),
  })
  .describe('PagerDuty, Events API v2. Its secret is the integration key.');

const webhook = z
  .strictObject({
    type: z.literal('webhook'),
    ...common,
    url: httpUrl.describe('Where the incident is posted as JSON.'),
    follow: z
      .enum(['moments', 'everything'])
      .default('moments')
      .describe('Whether to send moments only, or every event of an incident that was sent.'),
    ...routingFields({ cooldown: '0s', severities: ['info', 'warning', 'critical'] }),
  })
  .describe('A server of your own. Its secret signs what is sent.');

const email = z
  .strictObject({
    type: z.literal('email'),
    ...common,
    host: z.string().min(1).max(253).describe('SMTP server.'),
    port: z.int().min(1).max(65_535).default(587).describe('Port of the SMTP server.'),
    tls: z
      .enum(['starttls', 'implicit', 'none'])
      .default('starttls')
      .describe('`implicit` from the first byte (port 465); `none` only for a relay on this machine.'),
    username: z.string().min(1).optional().describe('Without it, Sentinel does not log in.'),
    from: mailAddress.describe('Sender.'),
    to: z.array(mailAddress).min(1).max(50).describe('Recipients.'),
    ...routingFields({ cooldown: '5m', severities: ['warning', 'critical'] }),
  })
  .describe('Mail over SMTP. Its secret is the password of `username`.');

export const notifiersSchema = z
  .array(z.discriminatedUnion('type', [pagerduty, webhook, email]))
  .default([])
  .superRefine((notifiers, context) => {
    const seen = new Set<string>();
    notifiers.forEach(({ name }, index) => {
      if (seen.has(name))
        context.addIssue({ code: 'custom', path: [index, 'name'], message: `"${name}" is used twice` });
      seen.add(name);
    });
  })
  .transform((notifiers) =>
    notifiers.map(({ severities, environments, moments, cooldown, ...rest }) => ({
      ...rest,
      route: routeOf({ severities, environments, moments, cooldown }),
    })),
  )
  .describe('Ways to people beside chat (docs/notifications.md).');

/** The variable that holds the secret of the notifier with this name. */
export function notifierVariable(name: string): string {
  return `SENTINEL_NOTIFIER_${name.toUpperCase().replaceAll('-', '_')}`;
}
