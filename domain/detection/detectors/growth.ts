// A bounded run of samples, at least a step apart, and the robust slope of its last part.
// Source: Theil 1950, Sen 1968.

export const growthWindow = { least: 8, most: 24, sizes: [8, 16, 24] } as const;

export type GrowthWindow = {
  readonly spanMs: number;
  /** Slopes (per ms) of all pairs of samples, sorted. */
  readonly slopes: Float64Array;
  readonly firstHalfSlope: number;
  readonly secondHalfSlope: number;
};

export class Growth {
  readonly at: number[] = [];
  readonly values: number[] = [];
  private readonly stepMs: number;

  constructor(stepMs: number) {
    this.stepMs = stepMs;
  }

  get size(): number {
    return this.at.length;
  }

  get newest(): number | undefined {
    return this.values.at(-1);
  }

  /** Takes a sample unless the last one is less than a step away. */
  add(atMs: number, value: number): void {
    if (this.at.length > 0 && atMs - (this.at.at(-1) ?? 0) < this.stepMs) return;
    this.at.push(atMs);
    this.values.push(value);
    if (this.at.length <= growthWindow.most) return;
    this.at.shift();
    this.values.shift();
  }

  clear(): void {
    this.at.length = 0;
    this.values.length = 0;
  }

  last(size: number): GrowthWindow {
    const at = this.at.slice(-size);
    const values = this.values.slice(-size);
    const half = at.length >> 1;
    return {
      spanMs: (at.at(-1) ?? 0) - (at[0] ?? 0),
      slopes: pairSlopes(at, values),
      firstHalfSlope: middle(pairSlopes(at.slice(0, half), values.slice(0, half))),
      secondHalfSlope: middle(pairSlopes(at.slice(half), values.slice(half))),
    };
  }
}

/** The Theil–Sen slope, per ms. */
export function medianSlope({ slopes }: GrowthWindow): number {
  return middle(slopes);
}

/** The slope that 85 % of the pairs exceed: positive when it surely goes up. */
export function sureSlope({ slopes }: GrowthWindow): number {
  return slopes[Math.floor(slopes.length * 0.15)] ?? 0;
}

function middle(sorted: Float64Array): number {
  return sorted[sorted.length >> 1] ?? 0;
}

function pairSlopes(at: readonly number[], values: readonly number[]): Float64Array {
  const slopes = new Float64Array((at.length * (at.length - 1)) / 2);
  let count = 0;
  for (let later = 1; later < at.length; later += 1) {
    for (let earlier = 0; earlier < later; earlier += 1) {
      const elapsed = (at[later] ?? 0) - (at[earlier] ?? 0);
      slopes[count] = ((values[later] ?? 0) - (values[earlier] ?? 0)) / Math.max(1, elapsed);
      count += 1;
    }
  }
  return slopes.sort();
}
