/** Counts Vitest's JSON report, so that the last line of `npm test` is made from real results. */

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly startTime: number;
    readonly endTime: number;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  /** Full names of tests that did not run. */
  readonly skipped: readonly string[];
}

/** A file that failed before its first test, an error outside every test, no report at all, or no test: each is a failure. */
export function summarise(report: unknown, exitCode: number): Summary {
  const files = (report as Report | undefined)?.testResults ?? [];
  const tests = files.flatMap((file) => file.assertionResults);
  const count = (status: string): number => tests.filter((test) => test.status === status).length;
  const brokenFiles = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = count('failed') + brokenFiles.length;
  const skipped = tests
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map(({ fullName }) => fullName.trim());
  const passed = count('passed');
  const unseen = exitCode !== 0 || passed === 0;
  return { passed, failed: failed === 0 && unseen ? 1 : failed, skipped };
}

/** The files that took longest, in whole seconds, the longest first. */
export function slowestFiles(
  reports: readonly unknown[],
  most: number,
): readonly { name: string; seconds: number }[] {
  return reports
    .flatMap((report) => (report as Report | undefined)?.testResults ?? [])
    .map(({ name, startTime, endTime }) => ({ name, seconds: Math.round((endTime - startTime) / 1000) }))
    .toSorted((left, right) => right.seconds - left.seconds)
    .slice(0, most);
}
