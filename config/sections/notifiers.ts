// Ways to people beside chat. Each has a name of its own, and a secret in the environment under that name.

import { z } from 'zod';
import { routeOf, routingFields } from './routing.ts';

const httpUrl = z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' });
const mailAddress = z
  .string()
  .max(320)
  .regex(
    /^[^\p{Cc}]*[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$|^[^\p{Cc}<>]*<[^\s@<>\p{Cc}]+@[^\s@<>\p{Cc}]+>$/u,
    'expected an e-mail address',
  );

const common = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,40}$/, 'expected lower-case letters, digits and -')
    .describe(
      'Name used in metrics and notes. Its secret is in `SENTINEL_NOTIFIER_<NAME>`. Do not rename it: Sentinel tracks what it has sent by this name.',
    ),
};

const pagerduty = z
  .strictObject({
    type: z.literal('pagerduty'),
    ...common,
    url: httpUrl
      .default('https://events.pagerduty.com')
      .describe('URL of the Events API. Use `https://events.eu.pagerduty.com` in the EU service region.'),
    ...routingFields({ cooldown: '0s', severities: ['critical'] }),
  })
  .describe('PagerDuty, through Events API v2. The secret is the integration key.');

const webhook = z
  .strictObject({
    type: z.literal('webhook'),
    ...common,
    url: httpUrl.describe('URL that incidents are posted to, as JSON.'),
    follow: z
      .enum(['moments', 'everything'])
      .default('moments')
      .describe(
        '`moments` sends only those; `everything` sends every event of an incident once it has been notified.',
      ),
    ...routingFields({ cooldown: '0s', severities: ['info', 'warning', 'critical'] }),
  })
  .describe('A webhook of your own. The secret signs requests.');

const email = z
  .strictObject({
    type: z.literal('email'),
    ...common,
    host: z.string().min(1).max(253).describe('SMTP server.'),
    port: z.int().min(1).max(65_535).default(587).describe('SMTP port.'),
    tls: z
      .enum(['starttls', 'implicit', 'none'])
      .default('starttls')
      .describe('`implicit` is TLS from the start (port 465). Use `none` only for a relay on this machine.'),
    username: z.string().min(1).optional().describe('User name. If not set, Sentinel does not log in.'),
    from: mailAddress.describe('Sender address.'),
    to: z.array(mailAddress).min(1).max(50).describe('Recipient addresses.'),
    ...routingFields({ cooldown: '5m', severities: ['warning', 'critical'] }),
  })
  .describe('E-mail over SMTP. The secret is the password for `username`.');

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
  .describe('PagerDuty, webhooks and e-mail (docs/notifications.md).');

/** The variable that holds the secret of the notifier with this name. */
export function notifierVariable(name: string): string {
  return `SENTINEL_NOTIFIER_${name.toUpperCase().replaceAll('-', '_')}`;
}
