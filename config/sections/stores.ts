// What telemetry and decisions are kept in. What a store needs to know it says itself.

import type { z } from 'zod';
import { storeVendors } from '../../adapters/stores.ts';

type Vendors = typeof storeVendors;

/** A section each, under its own name. */
export const storeSections = Object.fromEntries(
  Object.entries(storeVendors).map(([name, { settings, about }]) => [
    name,
    settings.prefault({} as never).describe(about),
  ]),
) as unknown as { [Name in keyof Vendors]: z.ZodPrefault<Vendors[Name]['settings']> };
