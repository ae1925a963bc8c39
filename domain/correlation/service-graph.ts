// Who calls whom, for questions about many services of one environment.

export type Edge = { readonly caller: string; readonly callee: string };

export class ServiceGraph {
  private readonly neighbours = new Map<string, Set<string>>();
  private readonly near = new Map<string, ReadonlySet<string>>();
  private readonly parts = new Map<string, string>();
  private readonly maxHops: number;

  constructor(edges: readonly Edge[], maxHops: number) {
    this.maxHops = maxHops;
    for (const { caller, callee } of edges) {
      this.neighboursOf(caller).add(callee);
      this.neighboursOf(callee).add(caller);
    }
  }

  /** Services at most `maxHops` calls away, in either direction, itself included. */
  around(service: string): ReadonlySet<string> {
    const known = this.near.get(service);
    if (known !== undefined) return known;
    const found = this.reached(service, this.maxHops);
    this.near.set(service, found);
    return found;
  }

  /** A name for all services that calls connect, the same for whoever asks; null for a service of which no call is known. */
  partOf(service: string): string | null {
    if (!this.neighbours.has(service)) return null;
    const known = this.parts.get(service);
    if (known !== undefined) return known;
    const members = this.reached(service, Number.POSITIVE_INFINITY);
    const [name = service] = [...members].toSorted();
    for (const member of members) this.parts.set(member, name);
    return name;
  }

  private reached(service: string, maxHops: number): ReadonlySet<string> {
    const seen = new Set([service]);
    let frontier = [service];
    for (let hop = 0; hop < maxHops && frontier.length > 0; hop += 1) {
      const next: string[] = [];
      for (const from of frontier)
        for (const to of this.neighbours.get(from) ?? [])
          if (!seen.has(to)) {
            seen.add(to);
            next.push(to);
          }
      frontier = next;
    }
    return seen;
  }

  private neighboursOf(service: string): Set<string> {
    const known = this.neighbours.get(service);
    if (known !== undefined) return known;
    const made = new Set<string>();
    this.neighbours.set(service, made);
    return made;
  }
}
