// What a begun effect is followed by. Plain text, so that any worker can go on.

import { z } from 'zod';
import type { Handle } from '../../../activities/ports/executor.ts';

const beganAtMs = z.int();

const schema = z.discriminatedUnion('kind', [
  /** `before`: the deployment that it takes the place of. */
  z.strictObject({
    kind: z.literal('deployment'),
    id: z.string().max(200),
    before: z.string().max(200),
    beganAtMs,
  }),
  z.strictObject({ kind: z.literal('count'), desired: z.int(), before: z.int(), beganAtMs }),
  z.strictObject({ kind: z.literal('task'), id: z.string().max(64), beganAtMs }),
]);

export type Begun = z.infer<typeof schema>;

export function handleOf(begun: Begun): Handle {
  return JSON.stringify(begun);
}

/** Null for what no handle of ours says. */
export function begunOf(handle: Handle): Begun | null {
  try {
    return schema.parse(JSON.parse(handle));
  } catch {
    return null; // told as `unknown` by whoever asks
  }
}
