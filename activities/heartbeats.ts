// Signs of life of a running activity, so that Temporal knows within seconds when its worker died, however long the
// activity itself may take.

import { Context } from '@temporalio/activity';

/** A quarter of the heartbeat timeout of workflows/proxies.ts. Most activities end before the first beat: no extra call. */
const everyMs = 2_000;

const details = new WeakMap<Context, unknown>();

/** What the signs of life of this activity tell from now on; Temporal's pages show it. */
export function tellWithHeartbeats(told: unknown): void {
  const context = Context.current();
  details.set(context, told);
  context.heartbeat(told);
}

/** Wraps every activity, so that it heartbeats until it ends. */
export function withHeartbeats<T extends object>(activities: T): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (input: unknown): Promise<unknown> => {
      const context = Context.current();
      const timer = setInterval(() => context.heartbeat(details.get(context)), everyMs);
      try {
        return await activity(input);
      } finally {
        clearInterval(timer);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}
