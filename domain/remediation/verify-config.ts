// How much evidence it takes to call an incident recovered, or not.

import { z } from 'zod';

export const verificationConfigSchema = z.strictObject({
  /** Seconds after the effect that say nothing yet: restarts, caches, connections. An action may ask for more. */
  settleSeconds: z.number().min(0).max(600).default(3),
  /** Length of the stretch that must be normal as a whole. */
  windowSeconds: z.number().min(2).max(600).default(6),
  /** Seconds with samples needed within it. */
  minSamples: z.int().min(1).max(600).default(5),
  /** Requests needed to judge a share of errors; more when the share was small. */
  minRequests: z.int().min(1).max(100_000).default(10),
  /** After so many seconds of fresh and still bad samples more waiting will not help. */
  stillBadSeconds: z.number().min(1).max(600).default(10),
  /** Samples older than this are not fresh: whatever they show, it is not now. */
  staleSeconds: z.number().min(1).max(600).default(8),
});
export type VerificationConfig = Readonly<z.infer<typeof verificationConfigSchema>>;
