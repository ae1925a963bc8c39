// Who calls whom. A caller names its callee by what it dials; the callee's own server span says who it really is. What
// was learnt from one call holds for calls nobody answered, as long as the dialled name always led to the same service.

const maxEdges = 10_000;

export class EdgeMemory {
  private readonly known = new Set<string>();
  private fresh: { caller: string; callee: string }[] = [];
  /** By caller and dialled name: the service that answers there, or null when there are several. */
  private readonly behind = new Map<string, string | null>();

  /** The callee's name; remembers the edge. `answeredBy` is the service of the server span, when it was seen. */
  resolve(caller: string, dialled: string | undefined, answeredBy: string | undefined): string | undefined {
    const key = `${caller}\u0000${dialled ?? ''}`;
    const learnt = this.behind.get(key);
    if (answeredBy !== undefined && learnt === undefined && this.behind.size < maxEdges)
      this.behind.set(key, answeredBy);
    else if (answeredBy !== undefined && learnt !== answeredBy && learnt !== undefined)
      this.behind.set(key, null);
    const callee = answeredBy ?? learnt ?? dialled;
    if (callee !== undefined) this.remember(caller, callee);
    return callee;
  }

  takeNew(): { caller: string; callee: string }[] {
    const taken = this.fresh;
    this.fresh = [];
    return taken;
  }

  private remember(caller: string, callee: string): void {
    const edge = `${caller}\u0000${callee}`;
    if (caller === callee || this.known.has(edge) || this.known.size >= maxEdges) return;
    this.known.add(edge);
    this.fresh.push({ caller, callee });
  }
}
