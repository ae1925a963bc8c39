// How long senders hold spans back before they send them all at once: by default SDKs do for five seconds, each at moments of its
// own. The newest seconds are then known of some and not of others, and those are not silent.

import type { CallBucket } from '../telemetry.ts';
import { median } from './statistics.ts';

const secondMs = 1_000;
/** Who spoke in each second of this stretch speaks always. */
const steady = { fromMs: 25_000, toMs: 10_000, share: 0.8 };
/** Somebody who was not heard for longer is silent, and does not merely hold back. */
const longestMs = 8_000;
const fewestSenders = 3;

/**
 * Twice as long as the senders are behind the newest of them in the middle; 0 where that is the second or so that it takes to
 * send every second, and where too few speak in every second to tell.
 */
export function batchesOf(calls: readonly CallBucket[], nowMs: number): number {
  let newestMs = Number.NEGATIVE_INFINITY;
  for (const { atMs } of calls) if (atMs <= nowMs && atMs > newestMs) newestMs = atMs;
  const senders = new Map<string, { lastMs: number; readonly heard: Set<number> }>();
  for (const { atMs, service, instance, count } of calls) {
    if (atMs > nowMs || atMs < newestMs - steady.fromMs || count <= 0) continue;
    const key = `${service}\n${instance}`;
    const sender = senders.get(key) ?? { lastMs: atMs, heard: new Set() };
    sender.lastMs = Math.max(sender.lastMs, atMs);
    if (atMs < newestMs - steady.toMs) sender.heard.add(Math.floor(atMs / secondMs));
    senders.set(key, sender);
  }
  const needed = ((steady.fromMs - steady.toMs) / secondMs) * steady.share;
  const behindMs = [...senders.values()]
    .filter(({ heard }) => heard.size >= needed)
    .map(({ lastMs }) => newestMs - lastMs)
    .filter((lagMs) => lagMs <= longestMs);
  const usualMs = behindMs.length < fewestSenders ? 0 : median(behindMs);
  return usualMs < 1.5 * secondMs ? 0 : Math.min(longestMs, Math.ceil((2 * usualMs) / secondMs) * secondMs);
}
