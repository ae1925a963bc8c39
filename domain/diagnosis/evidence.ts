// The evidence of one diagnosis, in the order of finding: each fact once, with an id that hypotheses cite.

import type { Scope } from '../scope.ts';
import type { Evidence, Provenance } from './diagnosis.ts';
import { round } from './names.ts';

export type Fact = {
  readonly source: 'traces' | 'metrics' | 'logs' | 'changes' | 'executor' | 'detection' | 'alerts';
  readonly provenance?: Provenance;
  readonly service: string;
  readonly instance?: string | null;
  readonly fromMs: number;
  readonly toMs: number;
  readonly finding: string;
  readonly figures?: Readonly<Record<string, number>>;
};

export type EvidenceBook = {
  /** Records a fact and returns its id; the same finding about the same scope keeps the id it has. */
  note(fact: Fact): string;
  all(): readonly Evidence[];
};

/** Ids are unique within an incident: `E1`, `E2`, … of its first analysis, `E2.1`, `E2.2`, … of the second. */
export function openBook(environment: string, analysis = 1): EvidenceBook {
  const prefix = analysis === 1 ? 'E' : `E${analysis}.`;
  const byKey = new Map<string, Evidence>();
  return {
    note(fact) {
      const key = `${fact.service}\n${fact.instance ?? ''}\n${fact.finding}`;
      const known = byKey.get(key);
      if (known !== undefined) return known.id;
      const resource = fact.instance ? { resourceId: fact.instance } : {};
      const scope: Scope = { environment, service: fact.service, ...resource };
      const id = `${prefix}${byKey.size + 1}`;
      byKey.set(key, {
        id,
        source: fact.source,
        provenance: fact.provenance ?? 'measured',
        scope,
        fromMs: fact.fromMs,
        toMs: fact.toMs,
        finding: fact.finding,
        figures: finite(fact.figures ?? {}),
      });
      return id;
    },
    all: () => [...byKey.values()],
  };
}

/** Figures that can be written as JSON; what was not measured is left out. */
function finite(figures: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const known = Object.entries(figures).filter(([, value]) => Number.isFinite(value));
  return Object.fromEntries(known.map(([name, value]) => [name, round(value)]));
}
