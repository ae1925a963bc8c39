// The highest value of each of the last days: what a series reached before is no news when it reaches it again, as one that goes up by
// day and down by night does.

const dayMs = 86_400_000;
const days = 8;

export class DailyHighs {
  private readonly highs = new Float32Array(days).fill(Number.NEGATIVE_INFINITY);
  private day = Number.NEGATIVE_INFINITY;

  note(atMs: number, value: number): void {
    const day = Math.floor(atMs / dayMs);
    if (day <= this.day - days) return;
    for (let past = Math.max(this.day + 1, day - days + 1); past <= day; past += 1)
      this.highs[past % days] = Number.NEGATIVE_INFINITY;
    this.day = Math.max(this.day, day);
    const at = day % days;
    this.highs[at] = Math.max(this.highs[at] ?? value, value);
  }

  /** Of the days before this one, a week at most; minus infinity when there were none. */
  before(atMs: number): number {
    const today = Math.floor(atMs / dayMs);
    let highest = Number.NEGATIVE_INFINITY;
    for (let day = Math.max(this.day, today) - days + 1; day < today; day += 1)
      if (day >= 0 && day <= this.day) highest = Math.max(highest, this.highs[day % days] ?? highest);
    return highest;
  }
}
