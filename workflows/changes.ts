// Behaviour that changed under running incidents: `patched` ids, each a readable phrase, with when it may go.

import { patched } from '@temporalio/workflow';

/**
 * Since this: a stop is recorded and obeyed at once, a change that nobody can judge is held instead of undone, one activity
 * analyses, and the workflow tells nobody (the record does). Goes when no history without it is kept in tests/replay.
 */
const obeysAtOnce = 'a stop is obeyed at once and blindness undoes nothing';

/** True while a history from before is replayed: the old sequence of commands is due. Ask once, at the start of a run. */
export function isFromBefore(): boolean {
  return !patched(obeysAtOnce);
}

/**
 * Since this: a plan that was granted, and for which policy asks more by the time it is carried out, is asked about again; and so is
 * one whose approvals have become too old. Asked only where the gate says what it needs, so that all other histories are the same
 * as before: a gate of before says so of no approval that is too old.
 */
export function asksAgain(): boolean {
  return patched('a tightened policy asks again');
}

/**
 * Since this: more than `longestRecord` events are recorded in parts. Asked only where there are so many, so that all other
 * histories are the same as before. Goes when incidents from before are over.
 */
export function recordsInParts(): boolean {
  return patched('many events are recorded in parts');
}

/**
 * Since this: where people may decide instead, an overloaded Sentinel is waited for no longer than it may take to catch up. Asked only
 * when that time is over, so that all other histories are the same as before. Goes when incidents from before are over.
 */
export function asksWhileOverloaded(): boolean {
  return patched('people are asked when the overload lasts');
}

/**
 * Since this: what an incident was told before and does not keep is no news. Asked only then, so that all other histories are the same as
 * before. Goes when incidents from before are over.
 */
export function knowsWhatItDoesNotKeep(): boolean {
  return patched('what is not kept is known all the same');
}

/**
 * Since this: an incident that would end by itself, or go to a person, asks first whether people silence it. Asked only then; what is
 * refused for a silence is from after it. Goes when incidents from before are over.
 */
export function obeysSilences(): boolean {
  return patched('a silence keeps an incident from people');
}

/**
 * Since this: a symptom that has cleared before anything was done about it, or while it was watched, is looked at for as long as its
 * telemetry takes to show that it is over. Asked only when the looks or the watch are over and nobody can tell, so that all other histories are the same as before. Goes when
 * incidents from before are over.
 */
export function waitsForSlowSamples(): boolean {
  return patched('slow samples are waited for');
}

/**
 * Since this: nothing is done about a symptom that clears while nothing measured is bad, for `clearingLooks`. Asked only when
 * `passingLooks` are over and it is so, so that all other histories are the same as before. Goes when incidents from before are over.
 */
export function waitsForClearing(): boolean {
  return patched('what clears is waited for');
}
