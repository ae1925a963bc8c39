// `sentinel lab run`: plays scenarios against a real small system and judges Sentinel by what that system saw.

import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { ExitError, exitCodes } from '../app/exit.ts';
import { runBenchmark } from '../lab/run/benchmark.ts';
import { loadScenarios } from '../lab/scenario/load.ts';
import { ScenarioError } from '../lab/scenario/parse.ts';
import type { CliDeps } from './deps.ts';

const template = fileURLToPath(new URL('../lab/sentinel.yaml', import.meta.url));

type RunFlags = {
  readonly seed: readonly number[];
  readonly parallel: number;
  readonly busy: number;
  readonly telemetryInterval: number;
  readonly json?: string;
  readonly keep?: boolean;
};

export function registerLab(program: Command, deps: CliDeps): void {
  const lab = program.command('lab').description('the practice system and its benchmark');
  lab
    .command('run <scenarios...>')
    .description('run scenario files, or every scenario of a folder, and report')
    .option(
      '--seed <number...>',
      'seed for load and faults; several seeds run everything once each',
      numbers,
      [],
    )
    .option('--parallel <number>', 'runs at the same time', positive, 1)
    .option('--busy <number>', 'busy loops to run alongside, to starve Sentinel of CPU', countFrom0, 0)
    .option(
      '--telemetry-interval <seconds>',
      'how often metrics are sent; runs take longer by what needs samples',
      positive,
      1,
    )
    .option('--json <file>', 'write the report to this file')
    .option('--keep', 'keep the folder of each run, with logs and data')
    .action(async (paths: string[], flags: RunFlags) => {
      const stopping = new AbortController();
      void deps.untilSignal('any-parent').then((why) => {
        deps.stderr.write(`${why}: stopping …\n`);
        stopping.abort();
      });
      const running = runBenchmark({
        scenarios: await scenariosOf(paths),
        seeds: flags.seed.length === 0 ? [1] : flags.seed,
        parallel: flags.parallel,
        busy: flags.busy,
        telemetryIntervalMs: flags.telemetryInterval * 1_000,
        template,
        keep: flags.keep === true,
        narrate: (line) => deps.stderr.write(`${line}\n`),
        stopping: stopping.signal,
      });
      const report = await running.catch((error: unknown) => {
        throw stopping.signal.aborted ? new ExitError(exitCodes.failed, 'Stopped before the end.') : error;
      });
      if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(report, null, 2)}\n`);
      deps.stdout.write(`${JSON.stringify(report.summary, null, 2)}\n`);
      if (report.summary.errors > 0) {
        throw new ExitError(exitCodes.failed, `${report.summary.errors} runs could not be judged`);
      }
    });
}

async function scenariosOf(paths: string[]) {
  try {
    return await loadScenarios(paths);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new ExitError(exitCodes.usage, error.message, { problems: error.problems });
  }
}

function numbers(text: string, before: readonly number[]): readonly number[] {
  return [...before, ...text.split(',').map((part) => whole(part, 0))];
}

function countFrom0(text: string): number {
  return whole(text, 0);
}

function positive(text: string): number {
  return whole(text, 1);
}

function whole(text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < least) {
    throw new ExitError(exitCodes.usage, `"${text}" is not a whole number of at least ${least}`);
  }
  return value;
}
