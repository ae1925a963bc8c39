// What a refusal of a vendor means to an on-call engineer: what was wrong, and what to do about it.

import type { RefusalCode } from '../remediation/refusal-code.ts';
import type { IncidentEvent } from './events.ts';

const advice: Readonly<Record<RefusalCode, string>> = {
  'unknown-target': 'there is no such target any more; check its name and the executor it belongs to',
  'not-supported': 'this executor cannot do that to this target; choose another action in the runbook',
  invalid: 'the vendor does not accept these parameters; check the limits of the target',
  'permission-denied': "the executor's identity lacks a right; sentinel doctor names it",
  'expired-credentials':
    "the executor's credentials cannot be used or have expired; correct or renew them, then run sentinel doctor",
  throttled: 'the vendor limits its requests; nothing was done, and it may be tried later',
  'changed-meanwhile': 'somebody changed the target after it was looked at; nothing was overwritten',
  overtaken: 'a later call of Sentinel has taken its place',
  'too-late': 'the call arrived after its deadline; check for a slow network and for clocks that differ',
  protected: 'the target is protected; nothing may act on it',
  owned: 'its owner would revert the change; change it where the owner keeps it',
  'dry-run': 'dry run is on; nothing is done until it is turned off',
  unreachable: 'the vendor could not be asked; check its address and the network',
  'refused-by-vendor': 'the vendor said no; its words are all there is',
};

/** The vendor's words, and what to do. */
export function refusalWords(code: RefusalCode | undefined, detail: string): string {
  return code === undefined ? detail : `${detail} (${code}: ${advice[code]})`;
}

/** Why an effect came to nothing, or what of it is left. */
export function failureWords({
  reason,
  code,
  left,
}: Pick<Extract<IncidentEvent, { type: 'effect-failed' }>, 'reason' | 'code' | 'left'>): string {
  const half = left === undefined ? '' : `; half done: ${left}`;
  return `${refusalWords(code, reason)}${half}`;
}
