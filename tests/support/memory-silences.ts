/** Silences in memory, by the rules of the domain: for the API, its pages and its commands. */
import type {
  SilencedFinding,
  SilencedHere,
  SilencePreview,
  SilenceRefusal,
  Silences,
} from '../../api/ports/silences.ts';
import { actorOf } from '../../domain/policy/identity.ts';
import { mayBeSilencedBy, problemOf, type Silence, stateOf } from '../../domain/silences/silence.ts';

export type SilenceWorld = {
  readonly silences: Silence[];
  readonly findings: Map<string, SilencedFinding[]>;
  here: SilencedHere;
  preview: SilencePreview;
};

export function silenceWorld(): SilenceWorld {
  return {
    silences: [],
    findings: new Map(),
    here: { notifications: null, incidents: null, actions: null },
    preview: { incidents: [], of: 0 },
  };
}

const limits = { longestMs: 7 * 86_400_000 };

export function memorySilences(world: SilenceWorld, nowMs: () => number): Silences {
  const find = (id: string): Silence | null => world.silences.find((one) => one.id === id) ?? null;
  const replace = (silence: Silence): { made: true; silence: Silence } => {
    world.silences.splice(
      world.silences.findIndex(({ id }) => id === silence.id),
      1,
      silence,
    );
    return { made: true, silence };
  };
  const no = (reason: Exclude<SilenceRefusal['reason'], 'invalid'>): SilenceRefusal => ({
    made: false,
    reason,
    detail: `refused as ${reason}`,
  });
  const closed = (
    known: Silence | null,
    reach: Parameters<typeof mayBeSilencedBy>[0],
  ): SilenceRefusal | null => {
    if (known === null) return no('unknown');
    if (!mayBeSilencedBy(reach, known.matchers)) return no('out-of-reach');
    if (known.source !== null) return no('read-only');
    return stateOf(known, nowMs()) === 'expired' ? no('expired') : null;
  };
  return {
    list: async () => world.silences,
    get: async (id) => find(id),
    findings: async (id) => world.findings.get(id) ?? [],
    versions: async (id) => world.silences.filter((one) => one.id === id),
    async create(terms, principal) {
      if (!mayBeSilencedBy(principal.reach, terms.matchers)) return no('out-of-reach');
      const problem = problemOf(terms, limits, nowMs());
      if (problem !== null) return { made: false, reason: 'invalid', problem };
      const by = actorOf(principal);
      const silence: Silence = {
        ...terms,
        ...{ id: `silence-${world.silences.length}`, version: 1, ended: null, source: null },
        ...{ createdBy: by, createdAtMs: nowMs(), changedBy: by, changedAtMs: nowMs() },
      };
      world.silences.push(silence);
      return { made: true, silence };
    },
    async change(id, terms, principal) {
      const known = find(id);
      const refused = closed(known, principal.reach);
      if (refused !== null || known === null) return refused ?? no('unknown');
      const problem = problemOf(terms, limits, nowMs());
      if (problem !== null) return { made: false, reason: 'invalid', problem };
      return replace({ ...known, ...terms, version: known.version + 1, changedBy: actorOf(principal) });
    },
    async end(id, reason, principal) {
      const known = find(id);
      const refused = closed(known, principal.reach);
      if (refused?.reason === 'expired' && known?.ended != null) return { made: true, silence: known };
      if (refused !== null || known === null) return refused ?? no('unknown');
      const ended = { atMs: nowMs(), by: actorOf(principal), reason };
      return replace({ ...known, version: known.version + 1, ended });
    },
    preview: async () => world.preview,
    ofIncident: async () => world.here,
    ofService: async () => world.here,
  };
}

export const exampleTerms = {
  kind: 'silence',
  matchers: [
    { label: 'environment', is: '=', value: 'production' },
    { label: 'service', is: '=', value: 'orders' },
  ],
  schedule: { kind: 'once', startsAtMs: 1_700_000_000_000, endsAtMs: 1_700_003_600_000 },
  silences: ['notifications', 'incidents', 'actions'],
  reason: 'load test',
  ticket: 'OPS-7',
} as const;

/** One that holds, of an operator. */
export function exampleSilence(change: Partial<Silence> = {}): Silence {
  const by = { createdBy: 'person:ada', createdAtMs: 1_700_000_000_000 };
  const changed = { changedBy: 'person:ada', changedAtMs: 1_700_000_000_000 };
  return {
    ...exampleTerms,
    id: 'silence-3f2a9c0011',
    version: 1,
    ...by,
    ...changed,
    ended: null,
    source: null,
    ...change,
  };
}
