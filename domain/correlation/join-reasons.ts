// Why an anomaly is in its incident: a reason to count by, and a sentence for people.

import type { OpenEpisode } from './correlate.ts';
import type { Crowd } from './crowd-finder.ts';
import { sharedText } from './marks.ts';

/**
 * `opened`: it is the first. `again`: the same was there before. `crowd`: its service is among those that share something with
 * others. `alike`: it is described like an incident that can be about the same. The others say what it has in common with members.
 */
export const joinReasons = [
  ...(['opened', 'again', 'service', 'graph'] as const),
  ...(['node', 'release', 'zone', 'text', 'crowd', 'alike'] as const),
] as const;
export type JoinReason = (typeof joinReasons)[number];

export type Why = { readonly reason: JoinReason; readonly why: string };

export const opened: Why = { reason: 'opened', why: 'nothing it belongs to was open' };
export const again: Why = { reason: 'again', why: 'the same was in it before' };

/** What members are told; nothing where it goes without saying. */
export function toldWhy({ reason, why }: Why): string | null {
  return reason === 'opened' || reason === 'again' || reason === 'service' ? null : why;
}

/** `around`: the services around its own. */
export function nearIt(
  service: string,
  { services }: Pick<OpenEpisode, 'services'>,
  around: ReadonlySet<string>,
): Why {
  if (services.includes(service)) return { reason: 'service', why: `${service} is in it already` };
  const near = services.find((one) => around.has(one)) ?? service;
  return { reason: 'graph', why: `near ${near} in the service graph` };
}

export function inCrowd(service: string, { mark, others }: Crowd): Why {
  if (mark === null) return { reason: 'crowd', why: `${service} is among the services that fire together` };
  return { reason: mark.kind, why: sharedText(mark, others) };
}
