/** How well alerts are grouped, against the labelled phase that each belongs to. */

export type Grouped = {
  /** Null: it belongs to none. */
  readonly phase: string | null;
  readonly group: string;
};

export type GroupingScore = {
  /** 1 − groups / alerts. */
  readonly reduction: number;
  readonly groupsPerPhase: number;
  /** Harmonic mean of how pure the groups are and how whole the phases. Source: Rosenberg and Hirschberg, EMNLP 2007. */
  readonly vMeasure: number;
};

/** Each run has groups and phases of its own. */
export function groupingScore(runs: readonly (readonly Grouped[])[]): GroupingScore {
  const named = runs.flatMap((run, index) =>
    run.map(({ phase, group }) => ({ phase: phase && `${index} ${phase}`, group: `${index} ${group}` })),
  );
  const labelled = named.filter(({ phase }) => phase !== null);
  const phases = counts(labelled.map(({ phase }) => phase ?? ''));
  const groups = counts(labelled.map(({ group }) => group));
  const pairs = counts(labelled.map(({ phase, group }) => `${phase}\n${group}`));
  const [ofPhases, ofGroups] = [entropy(phases), entropy(groups)];
  const shared = ofPhases + ofGroups - entropy(pairs);
  const [pure, whole] = [ofPhases > 0 ? shared / ofPhases : 1, ofGroups > 0 ? shared / ofGroups : 1];
  return {
    reduction: 1 - new Set(named.map(({ group }) => group)).size / named.length,
    groupsPerPhase: pairs.size / phases.size,
    vMeasure: pure + whole > 0 ? (2 * pure * whole) / (pure + whole) : 0,
  };
}

function counts(keys: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const key of keys) found.set(key, (found.get(key) ?? 0) + 1);
  return found;
}

function entropy(counted: ReadonlyMap<string, number>): number {
  const all = [...counted.values()].reduce((sum, count) => sum + count, 0);
  return -[...counted.values()].reduce((sum, count) => sum + (count / all) * Math.log(count / all), 0);
}
