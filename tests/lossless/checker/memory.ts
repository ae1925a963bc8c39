/** Whether a process holds too much, or more and more: its memory at its end against the middle of its life. */

export interface MemorySample {
  readonly atMs: number;
  /** `ingest-a`, … */
  readonly name: string;
  readonly pid: number;
  readonly rssMb: number;
}

/** Of a process that lived long enough to tell. */
export interface MemoryOfProcess {
  readonly name: string;
  readonly pid: number;
  readonly seconds: number;
  readonly middleMb: number;
  readonly endMb: number;
}

/** Before that a process compiles its code, and its heap still grows to the size that its load asks for. */
const shortestMs = 180_000;
/** A garbage collector takes its time; what is held for good grows past this. */
const mayGrow = { factor: 1.5, byMb: 64 } as const;
/** However short a process lived: a worker that replays several thousand findings at once takes more than half of it. */
const mostMb = 2_048;

export function memoryOf(samples: readonly MemorySample[]): readonly MemoryOfProcess[] {
  return [...Map.groupBy(samples, ({ pid }) => pid).values()].flatMap((own) => {
    const sorted = own.toSorted((left, right) => left.atMs - right.atMs);
    const [first, last] = [sorted[0], sorted.at(-1)];
    if (first === undefined || last === undefined || last.atMs - first.atMs < shortestMs) return [];
    const lived = last.atMs - first.atMs;
    const between = (from: number, to: number): number =>
      median(
        sorted
          .filter(({ atMs }) => atMs >= first.atMs + from * lived && atMs <= first.atMs + to * lived)
          .map(({ rssMb }) => rssMb),
      );
    return [
      {
        ...{ name: first.name, pid: first.pid, seconds: Math.round(lived / 1_000) },
        middleMb: between(0.4, 0.6),
        endMb: between(0.9, 1),
      },
    ];
  });
}

/** What is wrong, for people. */
export function memoryProblems(samples: readonly MemorySample[]): readonly string[] {
  const grown = memoryOf(samples)
    .filter(({ middleMb, endMb }) => endMb > Math.max(middleMb * mayGrow.factor, middleMb + mayGrow.byMb))
    .map(
      ({ name, pid, middleMb, endMb }) =>
        `${name} (${pid}): ${middleMb} MB in the middle, ${endMb} MB at the end`,
    );
  const large = [...Map.groupBy(samples, ({ pid }) => pid).values()].flatMap((own) => {
    const most = own.reduce((left, right) => (right.rssMb > left.rssMb ? right : left));
    return most.rssMb > mostMb ? [`${most.name} (${most.pid}): ${most.rssMb} MB, over ${mostMb} MB`] : [];
  });
  return [...grown, ...large];
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
