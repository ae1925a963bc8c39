// Systems that tell of changes only when they are asked: what changed since the last look at one is not known yet. An incident
// that begins right after a look would be explained without the change that caused it.

export type ChangeLook = {
  /** The watched system, as configured. */
  readonly name: string;
  /** When it was last looked at: what had changed until then is known. */
  readonly atMs: number;
};

export type UnseenChanges = {
  /** As items of missing evidence; empty when every system was looked at since. */
  readonly missing: readonly string[];
  /** Whether the next look at one of them is about to come: it is worth waiting for. */
  readonly isDue: boolean;
};

/** Looks come every fifteen seconds, and each may take as long. After this the next one does not come soon. */
const comesWithinMs = 45_000;

/** Of which systems it is not known whether something changed before `sinceMs`. */
export function unseenChanges(looks: readonly ChangeLook[], sinceMs: number, nowMs: number): UnseenChanges {
  const unseen = looks.filter(({ atMs }) => atMs < sinceMs);
  return {
    missing: unseen.map(({ name, atMs }) => `changes of ${name} since ${timeOf(atMs)} (its last look)`),
    isDue: unseen.some(({ atMs }) => nowMs - atMs < comesWithinMs),
  };
}

function timeOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(11, 19)} UTC`;
}
