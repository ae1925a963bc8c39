// Whether alerts that are described alike are joined, and from when on.

import { z } from 'zod';

export const alikeConfigSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('An alert joins an open incident that is described like it. Needs `memory.enabled`.'),
    windowMs: z
      .int()
      .min(1_000)
      .max(86_400_000)
      .default(1_800_000)
      .describe("It joins if it began within this time of the incident's alerts."),
    similarity: z
      .number()
      .min(0.5)
      .max(1)
      .default(0.8)
      .describe('From this likeness of the descriptions on (a cosine). Lower joins more.'),
  })
  .prefault({})
  .describe('Alerts of several senders about one thing, in different words or under different names.');
export type AlikeConfig = Readonly<z.infer<typeof alikeConfigSchema>>;
