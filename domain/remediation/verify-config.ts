// How much evidence it takes to call an incident recovered or not recovered.

import { z } from 'zod';

export const verificationConfigSchema = z.strictObject({
  settleSeconds: z
    .number()
    .min(0)
    .max(600)
    .default(3)
    .describe(
      'Seconds to ignore after the effect, while restarts, caches and connections settle. An action may ask for more.',
    ),
  windowSeconds: z
    .number()
    .min(2)
    .max(600)
    .default(6)
    .describe(
      'Length of the window that must be normal throughout. Longer for series with a long sample interval.',
    ),
  minSamples: z
    .int()
    .min(1)
    .max(600)
    .default(5)
    .describe('Samples needed in the window: one per second, or one per sample interval of the series.'),
  goodLooks: z
    .int()
    .min(1)
    .max(20)
    .default(3)
    .describe(
      'Consecutive good checks needed. Each ends a third of a window, and at least one sample, after the previous one.',
    ),
  minRequests: z
    .int()
    .min(1)
    .max(100_000)
    .default(10)
    .describe('Requests needed to judge an error rate; more if the rate was low.'),
  stillBadSeconds: z
    .number()
    .min(1)
    .max(600)
    .default(10)
    .describe(
      'After this many seconds of fresh samples that are still bad, stop waiting: not recovered. Slowness that remains when another symptom has gone has until the deadline.',
    ),
  staleSeconds: z
    .number()
    .min(1)
    .max(600)
    .default(8)
    .describe('Samples older than this are stale and do not count.'),
});
export type VerificationConfig = Readonly<z.infer<typeof verificationConfigSchema>>;
