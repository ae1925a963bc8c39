// Until when everything that detection handed on is in its stores, while several writes are under way. What could not be written
// stays with its delivery and goes out with the next write that begins.

/** `carried`: it had failed, and another write has taken it along. */
type State = 'under way' | 'carried' | 'failed' | 'stored';
type Write = { readonly atMs: number; state: State; ended: Promise<void> };

export class StoredUntil {
  /** Everything that was handed on until then is stored. */
  atMs = Number.NEGATIVE_INFINITY;
  /** In the order in which they began. */
  #writes: Write[] = [];

  /** What was handed on at `atMs` is being stored; `stored` says whether it was, with all that was left over before. */
  begin(atMs: number, stored: Promise<boolean>): void {
    const write: Write = { atMs, state: 'under way', ended: Promise.resolve() };
    // The first of them holds back whatever is later; the others need no place of their own.
    const [first, ...others] = this.#writes.filter(({ state }) => state === 'failed');
    const carried = first === undefined ? [] : [first];
    if (first !== undefined) first.state = 'carried';
    this.#writes = this.#writes.filter((one) => !others.includes(one));
    this.#writes.push(write);
    write.ended = stored
      .catch(() => false)
      .then((isStored) => {
        for (const one of [...carried, write]) one.state = isStored ? 'stored' : 'failed';
        this.#advance();
      });
  }

  /** Resolves when fewer than so many writes are under way. */
  async fewerThan(most: number): Promise<void> {
    for (;;) {
      const underWay = this.#writes.filter(({ state }) => state === 'under way');
      if (underWay.length < most) return;
      await Promise.race(underWay.map(({ ended }) => ended));
    }
  }

  #advance(): void {
    while (this.#writes[0]?.state === 'stored') {
      this.atMs = this.#writes[0].atMs;
      this.#writes.shift();
    }
  }
}
