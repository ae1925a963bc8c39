// Signs of life of a long activity, so that Temporal knows within seconds when its worker died.

import { Context } from '@temporalio/activity';

/** Well below the heartbeat timeout of workflows/proxies.ts; the SDK sends fewer when they are more than it needs. */
const everyMs = 2_000;

/** Heartbeats now and regularly until stopped. Call it inside an activity. */
export function startHeartbeats(): { stop(): void } {
  const context = Context.current();
  context.heartbeat();
  const timer = setInterval(() => context.heartbeat(), everyMs);
  return { stop: () => clearInterval(timer) };
}
