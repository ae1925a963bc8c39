// Ways to people beside chat. Each has a name of its own, and a secret in the environment under that name. What a vendor needs to
// know it says itself.

import { z } from 'zod';
import { notifierVendors } from '../../adapters/channels.ts';
import { type Routing, routeOf, routingFields } from './routing.ts';

type Vendors = typeof notifierVendors;

const common = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,40}$/, 'expected lower-case letters, digits and -')
    .describe(
      'Name used in metrics and notes. Its secret is in `SENTINEL_NOTIFIER_<NAME>`. Do not rename it: Sentinel tracks what it has sent by this name.',
    ),
};

type Given = {
  [Type in keyof Vendors]: z.output<z.ZodObject<typeof common>> &
    Routing & { type: Type } & z.output<Vendors[Type]['settings']>;
}[keyof Vendors];

function schemaOf([type, { settings, routing, about }]: [string, Vendors[keyof Vendors]]) {
  const shape = { type: z.literal(type), ...common, ...settings.shape, ...routingFields(routing) };
  return z.strictObject(shape).describe(about);
}

const [first, ...others] = Object.entries(notifierVendors).map(schemaOf);

const notifierSchema = z.discriminatedUnion('type', [
  first as NonNullable<typeof first>,
  ...others,
]) as unknown as z.ZodType<Given>;

export const notifiersSchema = z
  .array(notifierSchema)
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
