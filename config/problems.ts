// One thing wrong with the configuration, told so that a person can go there and mend it.

export type ConfigProblem = {
  /** The file's path as given, or `environment`. */
  readonly source: string;
  /** `incident.settle`, `executors[0].url`; empty for the document as a whole. */
  readonly path: string;
  /** 1-based; null where there is no line (environment, unreadable file). */
  readonly line: number | null;
  /** What was expected, what was found, and what to do. */
  readonly message: string;
};

/** `sentinel.yaml:12: incident.settle: expected …` */
export function describeProblem({ source, line, path, message }: ConfigProblem): string {
  return [line === null ? source : `${source}:${line}`, ...(path === '' ? [] : [path]), message].join(': ');
}

/** `['executors', 0, 'url']` → `executors[0].url` */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
  }
  return text;
}
