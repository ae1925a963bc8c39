// Which things have become one, by being joined two by two.
// Source: Tarjan 1975, "Efficiency of a Good But Not Linear Set Union Algorithm" (here with path halving).

export class Joined<Item> {
  private readonly parents = new Map<Item, Item>();

  /** The same for all that have become one with it. */
  rootOf(item: Item): Item {
    let at = item;
    for (;;) {
      const parent = this.parents.get(at);
      if (parent === undefined) return at;
      const above = this.parents.get(parent);
      if (above === undefined) return parent;
      this.parents.set(at, above);
      at = above;
    }
  }

  join(one: Item, other: Item): void {
    const [left, right] = [this.rootOf(one), this.rootOf(other)];
    if (left !== right) this.parents.set(left, right);
  }
}
