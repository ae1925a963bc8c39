// What stands where a value came through Temporal and could not be taken: which of the reasons it was, in words for people, and the
// one case in which it is taken all the same. Workers put it there, because an error in its place would stop the whole incident.

export const payloadRefusals = ['unsigned', 'unknown-key', 'altered', 'foreign'] as const;
export type PayloadRefusal = (typeof payloadRefusals)[number];

export type Unauthenticated = {
  readonly reason: PayloadRefusal;
  /** The key that the sender says it used; null when it says none. */
  readonly keyId: string | null;
  /** For unsigned ones: the value as JSON text; null for `undefined`. Absent when it is not JSON. */
  readonly json?: string | null;
  /** Unsigned values are taken where the run or call began before this instant: there was no key then. */
  readonly keysSinceMs: number | null;
};

const mark = 'sentinel:unauthenticated';

/** The value that takes the place. Nobody can send one: what is unsigned is wrapped itself, and nothing signs one. */
export function placeholderFor(refused: Unauthenticated): object {
  return { [mark]: refused };
}

export function unauthenticated(value: unknown): Unauthenticated | null {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, mark)) return null;
  return (value as Record<string, Unauthenticated>)[mark] ?? null;
}

export type Admission =
  | { readonly taken: true; readonly value: unknown }
  | { readonly taken: false; readonly refused: Unauthenticated };

/** Takes what is authentic, and what was written down before there were keys. `beganMs`: of the run or call, by the server's clock. */
export function admit(value: unknown, beganMs: number): Admission {
  const refused = unauthenticated(value);
  if (refused === null) return { taken: true, value };
  const { reason, json, keysSinceMs } = refused;
  if (reason !== 'unsigned' || json === undefined || keysSinceMs === null || beganMs >= keysSinceMs)
    return { taken: false, refused };
  return { taken: true, value: json === null ? undefined : (JSON.parse(json) as unknown) };
}

export type Admissions =
  | { readonly taken: true; readonly values: unknown[] }
  | { readonly taken: false; readonly refused: Unauthenticated };

/** All of them, or the first that is refused. */
export function admitAll(values: readonly unknown[], beganMs: number): Admissions {
  const taken: unknown[] = [];
  for (const value of values) {
    const admission = admit(value, beganMs);
    if (!admission.taken) return admission;
    taken.push(admission.value);
  }
  return { taken: true, values: taken };
}

/** `The signal "x" was refused: …`, and what to do. */
export function refusalText(
  what: string,
  { reason, keyId }: Pick<Unauthenticated, 'reason' | 'keyId'>,
): string {
  return `${what} was refused: ${reasonText(reason, keyId)}`;
}

function reasonText(reason: PayloadRefusal, keyId: string | null): string {
  switch (reason) {
    case 'unsigned':
      return "its data carries no signature of Sentinel. Use Sentinel's API or command line; Temporal's own tools have no key.";
    case 'unknown-key':
      return `it names the key "${keyId}", which this process does not have. Give every process the same SENTINEL_TEMPORAL_PAYLOAD_KEYS, old keys included.`;
    case 'altered':
      return `it does not fit its signature (key "${keyId}"): it was changed on the way, or two processes have different keys of one id.`;
    case 'foreign':
      return 'its data was made for another incident, message or namespace, and is good only there.';
  }
}
