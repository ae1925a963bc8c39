// What a begun effect is followed by: the container, its start and end before, and what the engine said where it failed. Plain
// text, so that any worker can go on.

import { z } from 'zod';
import type { Handle } from '../../activities/ports/executor.ts';
import type { Life } from './state.ts';
import { containerId } from './wire.ts';

const schema = z.strictObject({
  id: containerId,
  startedAt: z.string().max(64),
  finishedAt: z.string().max(64),
  restarts: z.int(),
  failure: z.string().max(500).optional(),
});

/** `failure`: the engine has ended its work with this error. */
export type Begun = Life & { readonly failure?: string | undefined };

export function handleOf(begun: Begun): Handle {
  return JSON.stringify(begun satisfies z.infer<typeof schema>);
}

/** Null for what no handle of ours says. */
export function begunOf(handle: Handle): Begun | null {
  try {
    return schema.parse(JSON.parse(handle));
  } catch {
    return null; // told as `unknown` by whoever asks
  }
}
