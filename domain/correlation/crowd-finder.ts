// Crowds among alerts that have arrived: services that share a mark at about the same time, in numbers that are no chance. Crowds with a
// service or an incident in common are one. Everything that has arrived counts, whatever its order.

import { Joined } from './joined.ts';
import type { Mark, MarkKind } from './marks.ts';

/** A service that has a mark at an instant. */
export type Bearer = {
  readonly mark: Mark;
  readonly service: string;
  readonly atMs: number;
  /** The incident it is in; null: not yet in any. */
  readonly incident: IncidentOfCrowd | null;
};
export type IncidentOfCrowd = { readonly id: string; readonly openedAtMs: number };

export type CrowdRules = {
  readonly windowMs: number;
  /** From so many services on a mark is a reason; 0: never. */
  readonly least: Readonly<Record<MarkKind, number>>;
};

export type Crowd = {
  /** What holds it together, as far as this alert has it: the first of its marks that a crowd shares. */
  readonly mark: Mark | null;
  /** Other services that share it. */
  readonly others: number;
  /** The incident of the crowd, the oldest when it has several; null: none yet. */
  readonly incidentId: string | null;
};

export class CrowdFinder {
  private readonly joined = new Joined<Bearer | string>();
  /** For each bearer in a crowd, the services of that crowd. */
  private readonly services = new Map<Bearer, Set<string>>();
  /** Services on a node that fires itself. */
  private readonly explained = new Set<string>();
  private readonly crowded: ReadonlySet<Bearer | string>;
  private readonly incidents = new Map<Bearer | string, IncidentOfCrowd>();

  constructor(bearers: readonly Bearer[], rules: CrowdRules) {
    const [ofNodes, others] = [bearers.filter(isOfNode), bearers.filter((one) => !isOfNode(one))];
    for (const ofMark of byMark(ofNodes)) this.crowd(ofMark, rules);
    // What a node explains is no sign of what else says the same: two nodes that are down are two faults.
    const telling = others.filter(
      ({ mark, service }) => mark.kind !== 'text' || !this.explained.has(service),
    );
    for (const ofMark of byMark(telling)) this.crowd(ofMark, rules);
    for (const ofService of Map.groupBy(bearers, ({ service }) => service).values())
      for (const [one, next] of neighbours(ofService))
        if (next.atMs - one.atMs <= rules.windowMs) this.joined.join(one, next);
    for (const bearer of bearers) if (bearer.incident !== null) this.joined.join(bearer, bearer.incident.id);
    this.crowded = new Set([...this.services.keys()].map((bearer) => this.joined.rootOf(bearer)));
    for (const bearer of bearers) if (bearer.incident !== null) this.opened(bearer.incident, [bearer]);
  }

  /** The crowd of an alert; null: it is in none. Its bearers are the very ones that were given to the constructor. */
  of(bearers: readonly Bearer[]): Crowd | null {
    const [first] = bearers;
    if (first === undefined) return null;
    const root = this.joined.rootOf(first);
    if (!this.crowded.has(root)) return null;
    const sharing = bearers.find((bearer) => this.services.has(bearer));
    const services = sharing === undefined ? 0 : (this.services.get(sharing)?.size ?? 0);
    return {
      mark: sharing?.mark ?? null,
      others: Math.max(0, services - 1),
      incidentId: this.incidents.get(root)?.id ?? null,
    };
  }

  /** An alert of the crowd is in this incident; those that come after it join. */
  opened(incident: IncidentOfCrowd, [first]: readonly Bearer[]): void {
    if (first === undefined) return;
    const root = this.joined.rootOf(first);
    const known = this.incidents.get(root);
    if (known === undefined || isOlder(incident, known)) this.incidents.set(root, incident);
  }

  /** Joins those of one mark that were enough services within a window. */
  private crowd(ofMark: readonly Bearer[], { windowMs, least }: CrowdRules): void {
    const inTime = byTime(ofMark);
    const window = new Window();
    let from = 0;
    let taken = 0;
    let services = new Set<string>();
    for (const [at, last] of inTime.entries()) {
      window.add(last.service);
      for (; last.atMs - (inTime[from] ?? last).atMs > windowMs; from += 1)
        window.remove((inTime[from] ?? last).service);
      if (!window.isCrowd(last.mark, least)) continue;
      if (from >= taken) services = new Set();
      for (const bearer of inTime.slice(Math.max(from, taken), at + 1)) {
        services.add(bearer.service);
        this.services.set(bearer, services);
        this.joined.join(bearer, inTime[Math.max(from, taken - 1)] ?? last);
      }
      taken = at + 1;
      if (window.isExplained(last.mark))
        for (const one of window.services()) if (one !== last.mark.value) this.explained.add(one);
    }
  }
}

/** The services that have a mark within the window. */
class Window {
  private readonly counts = new Map<string, number>();

  add(service: string): void {
    this.counts.set(service, (this.counts.get(service) ?? 0) + 1);
  }

  remove(service: string): void {
    const count = this.counts.get(service) ?? 0;
    if (count > 1) this.counts.set(service, count - 1);
    else this.counts.delete(service);
  }

  services(): Iterable<string> {
    return this.counts.keys();
  }

  isCrowd(mark: Mark, least: CrowdRules['least']): boolean {
    if (least[mark.kind] === 0) return false;
    return this.counts.size >= (this.isExplained(mark) ? 2 : least[mark.kind]);
  }

  /** A node that fires itself explains what fires on it. */
  isExplained({ kind, value }: Mark): boolean {
    return kind === 'node' && this.counts.has(value);
  }
}

const isOfNode = ({ mark }: Bearer) => mark.kind === 'node';
const byMark = (bearers: readonly Bearer[]) => Map.groupBy(bearers, ({ mark }) => mark.key).values();
const byTime = (bearers: readonly Bearer[]) => bearers.toSorted((left, right) => left.atMs - right.atMs);

/** Each with the next, in time. */
function neighbours(bearers: readonly Bearer[]): readonly (readonly [Bearer, Bearer])[] {
  const inTime = byTime(bearers);
  return inTime.flatMap((next, index) => {
    const one = inTime[index - 1];
    return one === undefined ? [] : [[one, next] as const];
  });
}

function isOlder(one: IncidentOfCrowd, other: IncidentOfCrowd): boolean {
  return one.openedAtMs < other.openedAtMs || (one.openedAtMs === other.openedAtMs && one.id < other.id);
}
