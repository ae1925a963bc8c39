// How much evidence it takes to call an incident recovered or not recovered.

import { z } from 'zod';

export const verificationConfigSchema = z.strictObject({
  settleSeconds: z
    .number()
    .min(0)
    .max(600)
    .default(3)
    .describe(
      'Seconds after the effect that say nothing yet: restarts, caches, connections. An action may ask for more.',
    ),
  windowSeconds: z
    .number()
    .min(2)
    .max(600)
    .default(6)
    .describe(
      'Length of the stretch that must be normal as a whole; longer for series whose samples come slowly.',
    ),
  minSamples: z
    .int()
    .min(1)
    .max(600)
    .default(5)
    .describe('Samples needed within it. They come every second, or as often as the series has them.'),
  goodLooks: z
    .int()
    .min(1)
    .max(20)
    .default(3)
    .describe(
      'Looks in a row that must be good. Each ends a third of the window, and at least one sample, after the one before.',
    ),
  minRequests: z
    .int()
    .min(1)
    .max(100_000)
    .default(10)
    .describe('Requests needed to judge a share of errors; more when the share was small.'),
  stillBadSeconds: z
    .number()
    .min(1)
    .max(600)
    .default(10)
    .describe('After so many seconds of fresh and still bad samples more waiting will not help.'),
  staleSeconds: z
    .number()
    .min(1)
    .max(600)
    .default(8)
    .describe('Samples older than this are not fresh: whatever they show, it is not now.'),
});
export type VerificationConfig = Readonly<z.infer<typeof verificationConfigSchema>>;
