// The memory of incidents. What a store of it needs to know it says itself.

import { z } from 'zod';
import { memoryVendors } from '../../adapters/memories.ts';
import { duration } from '../duration.ts';

type Vendors = typeof memoryVendors;
export type MemoryStore = keyof Vendors;

const stores = Object.entries(memoryVendors);
const means = stores.map(([name, { storeMeans }]) => `\`${name}\`: ${storeMeans}`).join(' ');

/** A section each, under its own name. */
const sections = Object.fromEntries(
  stores
    .filter(([, { settings }]) => Object.keys(settings.shape).length > 0)
    .map(([name, { settings, storeMeans }]) => [
      name,
      (settings as z.ZodObject).prefault({}).describe(storeMeans),
    ]),
) as unknown as { [Name in Exclude<MemoryStore, 'pgvector'>]: z.ZodPrefault<Vendors[Name]['settings']> };

export const memorySchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('Remember how incidents ended, and show people and models those like an open one.'),
    store: z
      .enum(stores.map(([name]) => name) as [MemoryStore, ...MemoryStore[]])
      .default('pgvector')
      .describe(`Where it is kept. ${means}`),
    keep: duration('1d', '3650d').prefault('365d').describe('How long an incident is remembered.'),
    embedding: z
      .strictObject({
        provider: z
          .string()
          .optional()
          .describe(
            'Name of one of `model.providers` that has embeddings (`openai`, `compatible`): it is sent redacted descriptions. Default: a sentence embedding that runs here, in English.',
          ),
        model: z
          .string()
          .min(1)
          .max(200)
          .default('text-embedding-3-small')
          .describe('Embedding model, as the provider spells it.'),
      })
      .prefault({})
      .describe('What makes vectors of descriptions. Another one begins a new memory, from the record.'),
    ...sections,
  })
  .transform(({ keep, ...rest }) => ({ ...rest, keepMs: keep }))
  .describe('The memory of incidents: what like trouble was, and what helped. It informs and never acts.');
