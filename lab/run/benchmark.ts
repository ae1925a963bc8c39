// The closed-loop benchmark: every scenario with every seed, some at a time, and one report.

import type { Scenario } from '../scenario/scenario.ts';
import { startBusyLoops } from './busy-loops.ts';
import { type Report, type ScenarioResult, summarise } from './report.ts';
import { runScenario } from './scenario-run.ts';

export type BenchmarkOptions = {
  readonly scenarios: readonly Scenario[];
  readonly seeds: readonly number[];
  /** Runs at the same time; more than one makes timings worse on a small machine. */
  readonly parallel: number;
  /** Loops that each take a CPU from Sentinel, if they get one, for as long as the benchmark lasts. */
  readonly busy: number;
  /** How often the lab sends metrics. */
  readonly telemetryIntervalMs: number;
  readonly template: string;
  readonly keep: boolean;
  readonly narrate: (line: string) => void;
  /** Ends the runs that are under way and begins no more. */
  readonly stopping?: AbortSignal;
};

export async function runBenchmark(options: BenchmarkOptions): Promise<Report> {
  const jobs = options.seeds.flatMap((seed) => options.scenarios.map((scenario) => ({ scenario, seed })));
  const results: ScenarioResult[] = new Array(jobs.length);
  let next = 0;
  let finished = 0;
  async function lane(): Promise<void> {
    for (let index = next++; index < jobs.length; index = next++) {
      const job = jobs[index];
      if (job === undefined || options.stopping?.aborted === true) return;
      const result = await runScenario({ ...options, ...job, starved: options.busy > 0 });
      results[index] = result;
      finished += 1;
      options.narrate(`${String(finished).padStart(3)}/${jobs.length} ${line(result)}`);
    }
  }
  const stopBusyLoops = startBusyLoops(options.busy);
  try {
    await Promise.all(Array.from({ length: Math.min(options.parallel, jobs.length) }, lane));
  } finally {
    await stopBusyLoops();
  }
  options.stopping?.throwIfAborted();
  return { scenarios: results, summary: summarise(results) };
}

function line(result: ScenarioResult): string {
  const seconds = (ms: number | null) => (ms === null ? '-' : `${(ms / 1000).toFixed(1)} s`);
  const actions = result.actions.map(
    ({ action, target, right }) => `${right ? '+' : '-'}${action}@${target}`,
  );
  const cause = `${result.rootCause.cause ?? '?'}@${result.rootCause.service ?? '?'}`;
  const flags = [
    ...(result.falseResolved ? ['FALSELY RESOLVED'] : []),
    ...(result.duplicateEffects > 0 ? ['DUPLICATE EFFECT'] : []),
    ...(result.falseAlarms > 0 ? [`${result.falseAlarms} false alarms`] : []),
    ...(result.error === null ? [] : [result.error]),
  ];
  return [
    `${result.right ? 'right' : 'WRONG'} ${result.name} (seed ${result.seed}): ${result.outcome}`,
    `detected ${seconds(result.detectedMs)}, verified ${seconds(result.verifiedMs)}`,
    `${result.rootCause.top1 ? 'right' : 'WRONG'} cause ${cause}${result.rootCause.inconclusive ? ' (inconclusive)' : ''}`,
    `actions ${actions.join(' ') || 'none'}`,
    ...flags,
  ].join(' | ');
}
