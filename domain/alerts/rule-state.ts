// Which series of a rule fire: those for which its condition has held long enough, at every look. A series that is gone says
// nothing: what it had begun to show is forgotten, and what fires goes on firing until it is back, or has been gone for long.

export type Seen<Labels> = { readonly key: string; readonly value: number; readonly labels: Labels };

export type Firing<Labels> = Seen<Labels> & {
  /** Since when the condition holds. */
  readonly sinceMs: number;
};

export type RuleConditions = {
  readonly holds: (value: number) => boolean;
  readonly forMs: number;
  /** How long what fires goes on firing without its series; 0: a series that is gone is over. */
  readonly goneMs: number;
};

type Known<Labels> = {
  value: number;
  labels: Labels;
  sinceMs: number | null;
  seenMs: number;
  firing: boolean;
};

export class RuleState<Labels> {
  readonly #conditions: RuleConditions;
  readonly #known = new Map<string, Known<Labels>>();

  constructor(conditions: RuleConditions) {
    this.#conditions = conditions;
  }

  /** What one look shows, of all series. Looks come in order. */
  observe(atMs: number, all: readonly Seen<Labels>[]): void {
    const { holds, forMs, goneMs } = this.#conditions;
    const seen = new Set<string>();
    for (const { key, value, labels } of all) {
      seen.add(key);
      const before = this.#known.get(key);
      const sinceMs = holds(value) ? (before?.sinceMs ?? atMs) : null;
      const firing = sinceMs !== null && (before?.firing === true || atMs - sinceMs >= forMs);
      this.#known.set(key, { value, labels, sinceMs, seenMs: atMs, firing });
    }
    for (const [key, { firing, seenMs }] of this.#known)
      if (!seen.has(key) && !(firing && atMs - seenMs < goneMs)) this.#known.delete(key);
  }

  firing(): readonly Firing<Labels>[] {
    return [...this.#known].flatMap(([key, { value, labels, sinceMs, firing }]) =>
      firing && sinceMs !== null ? [{ key, value, labels, sinceMs }] : [],
    );
  }
}
