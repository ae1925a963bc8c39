// Room for a bounded number of names, shared by whoever brings them. When it is full, whoever holds the most loses the one that was
// not used for longest: one sender that invents names pushes out its own, and new names of others still find room.

export class FairShare {
  private readonly capacity: number;
  /** By owner: its names, the least recently used first. */
  private readonly held = new Map<string, Set<string>>();
  private readonly ownerOf = new Map<string, string>();
  /** Owners by how many names they hold; the largest count is never searched for. */
  private readonly byCount = new Map<number, Set<string>>();
  private most = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Uses a name, or takes it in; the name that had to go for it, or null. The first to bring a name owns it. */
  use(name: string, owner: string): string | null {
    const known = this.ownerOf.get(name);
    if (known !== undefined) {
      // Far from full nobody has to go soon, and by then all that is used has moved; to move it on every use costs the most here.
      if (this.ownerOf.size * 2 < this.capacity) return null;
      const names = this.held.get(known);
      names?.delete(name);
      names?.add(name);
      return null;
    }
    const gone = this.ownerOf.size >= this.capacity ? this.evict() : null;
    this.ownerOf.set(name, owner);
    const names = this.held.get(owner) ?? new Set();
    this.held.set(owner, names);
    names.add(name);
    this.recount(owner, names.size - 1, names.size);
    return gone;
  }

  /** The name is gone for another reason. */
  remove(name: string): void {
    const owner = this.ownerOf.get(name);
    if (owner === undefined) return;
    this.ownerOf.delete(name);
    const names = this.held.get(owner);
    if (names === undefined) return;
    names.delete(name);
    this.recount(owner, names.size + 1, names.size);
    if (names.size === 0) this.held.delete(owner);
  }

  private evict(): string | null {
    const [owner] = this.byCount.get(this.most) ?? [];
    const [oldest] = (owner === undefined ? undefined : this.held.get(owner)) ?? [];
    if (oldest === undefined) return null;
    this.remove(oldest);
    return oldest;
  }

  private recount(owner: string, before: number, now: number): void {
    const old = this.byCount.get(before);
    old?.delete(owner);
    if (old?.size === 0) this.byCount.delete(before);
    if (now > 0) {
      const same = this.byCount.get(now) ?? new Set();
      this.byCount.set(now, same);
      same.add(owner);
    }
    // Counts change by one, so the largest does, too.
    if (now > this.most) this.most = now;
    else if (before === this.most && !this.byCount.has(before)) this.most = now;
  }
}
