// Reading several sources at once, each with its own patience: what cannot be had in time is named as missing, and the
// rest is still used.

export type Source<T> = {
  /** In words for people, such as `logs`. */
  readonly name: string;
  readonly read: () => Promise<T>;
  readonly instead: T;
};

/** Collects what sources had to say, and the names of those that said nothing. */
export type Gathering = {
  readonly missing: string[];
  read<T>(source: Source<T>): Promise<T>;
};

/** Sources get `timeoutMs` each; one that is late or broken gives its `instead` and is listed in `missing`. */
export function startGathering(timeoutMs: number): Gathering {
  const missing: string[] = [];
  return {
    missing,
    async read({ name, read, instead }) {
      try {
        return await withTimeout(read(), timeoutMs);
      } catch (error) {
        missing.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        return instead;
      }
    },
  };
}

/** Rejects when it takes longer. */
export async function withTimeout<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
