/**
 * From scores of alarms, and whether each was true, to how often an alarm of that score is true; and how far stated confidence is from
 * that. Sources: Zadrozny and Elkan 2002, "Transforming classifier scores into accurate multiclass probability estimates" (isotonic
 * regression, by pooling adjacent violators); Brier 1950; Naeini et al. 2015 (expected calibration error).
 */
export type Alarm = { readonly series: string; readonly score: number; readonly isTrue: boolean };
export type Point = readonly [score: number, confidence: number];

type Block = { readonly scores: readonly number[]; readonly hits: number };

/** Few alarms say little: each block is drawn towards the share of all by so many alarms of its own. */
const priorAlarms = 4;

/** Never falling; one point for each block, at the middle of its scores. */
export function isotonic(alarms: readonly Alarm[]): Point[] {
  const share = alarms.filter(({ isTrue }) => isTrue).length / Math.max(1, alarms.length);
  const meanOf = ({ scores, hits }: Block) => hits / scores.length;
  const blocks: Block[] = [];
  for (const { score, isTrue } of alarms.toSorted((a, b) => a.score - b.score)) {
    let block: Block = { scores: [score], hits: isTrue ? 1 : 0 };
    for (
      let last = blocks.at(-1);
      last !== undefined && meanOf(last) >= meanOf(block);
      last = blocks.at(-1)
    ) {
      block = { scores: [...last.scores, ...block.scores], hits: last.hits + block.hits };
      blocks.pop();
    }
    blocks.push(block);
  }
  let highest = 0;
  return blocks.map(({ scores, hits }) => {
    highest = Math.max(highest, (hits + priorAlarms * share) / (scores.length + priorAlarms));
    return [scores[scores.length >> 1] ?? 0, highest];
  });
}

export type Reliability = { readonly stated: number; readonly found: number; readonly alarms: number };

export function judged(alarms: readonly Alarm[], confidenceOf: (score: number) => number) {
  const bins = Map.groupBy(alarms, ({ score }) => Math.min(9, Math.floor(confidenceOf(score) * 10)));
  const curve = [...bins.entries()]
    .toSorted(([a], [b]) => a - b)
    .map(
      ([, some]): Reliability => ({
        stated: mean(some.map(({ score }) => confidenceOf(score))),
        found: mean(some.map(({ isTrue }) => Number(isTrue))),
        alarms: some.length,
      }),
    );
  return {
    brier: mean(alarms.map(({ score, isTrue }) => (confidenceOf(score) - Number(isTrue)) ** 2)),
    ece: curve.reduce((sum, bin) => sum + (Math.abs(bin.stated - bin.found) * bin.alarms) / alarms.length, 0),
    curve,
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
