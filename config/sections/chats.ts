// Chats: where incidents are told, and people decide. Each has a section of its own; what it needs to know it says itself.

import { z } from 'zod';
import { chatVendors } from '../../adapters/channels.ts';
import { type Routing, routingFields } from './routing.ts';

type Vendors = typeof chatVendors;

/** A section each, under its own name; absent where it is not used. */
export const chatSections = Object.fromEntries(
  Object.entries(chatVendors).map(([name, { settings, routing, about }]) => [
    name,
    z
      .strictObject({ ...settings.shape, ...routingFields(routing) })
      .describe(about)
      .optional(),
  ]),
) as unknown as {
  [Name in keyof Vendors]: z.ZodOptional<z.ZodType<z.output<Vendors[Name]['settings']> & Routing>>;
};
