// A series of any length as at most so many stretches for a chart: what was lowest, highest and most unusual in each.

export type Stretch = {
  readonly atMs: number;
  low: number;
  high: number;
  /** The highest score, 0 to 1. */
  score: number;
};

const most = 2_000;

export class Thinned {
  private all: Stretch[] = [];
  private rowsEach = 1;
  private rows = 0;

  add(atMs: number, value: number, score: number): void {
    const last = this.all.at(-1);
    if (last !== undefined && this.rows % this.rowsEach !== 0)
      widen(last, { atMs, low: value, high: value, score });
    else this.all.push({ atMs, low: value, high: value, score });
    this.rows += 1;
    if (this.all.length > most) this.halve();
  }

  get stretches(): readonly Stretch[] {
    return this.all;
  }

  private halve(): void {
    const halved: Stretch[] = [];
    for (const [index, stretch] of this.all.entries()) {
      const last = halved.at(-1);
      if (index % 2 === 1 && last !== undefined) widen(last, stretch);
      else halved.push(stretch);
    }
    this.all = halved;
    this.rowsEach *= 2;
  }
}

function widen(stretch: Stretch, more: Stretch): void {
  stretch.low = Math.min(stretch.low, more.low);
  stretch.high = Math.max(stretch.high, more.high);
  stretch.score = Math.max(stretch.score, more.score);
}
