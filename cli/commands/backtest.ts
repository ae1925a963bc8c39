// `sentinel backtest`: what detection would have made of the user's own history.

import type { Command } from 'commander';
import { backtestAlerts } from '../../app/backtest/alert-groups.ts';
import { type BacktestResult, backtest } from '../../app/backtest/backtest.ts';
import { backtestLogs } from '../../app/backtest/log-templates.ts';
import { ExitError, exitCodes } from '../../app/exit.ts';
import { jsonCommand } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { createOutput, type Output } from '../output.ts';
import { clean } from '../terminal/text.ts';

type Flags = {
  readonly out: string;
  readonly time?: string;
  readonly value?: string;
  readonly logs?: string;
  readonly alerts?: string;
  readonly graph?: string;
  readonly json?: boolean;
};

export function registerBacktest(program: Command, deps: CliDeps): void {
  jsonCommand(program, 'backtest [files...]', 'run detection over your own history as if it came in live')
    .requiredOption('--out <path>', 'folder for the scores and the report; with --logs or --alerts, a file')
    .option('--time <column>', 'column or key with the time (default: found by its name)')
    .option(
      '--value <column>',
      'column or key with the value, the message or the name of the alert (default: found by its name)',
    )
    .option('--logs <file>', 'write the template of each line of a log instead')
    .option('--alerts <file>', 'write the incident of each alert instead')
    .option('--graph <file>', 'with --alerts: who calls whom, a CSV file with caller and callee')
    .action(async (files: readonly string[], flags: Flags) => {
      const out = createOutput(deps, flags.json === true);
      if (flags.logs !== undefined) return logs(flags.logs, flags, out);
      if (flags.alerts !== undefined) return alerts(flags.alerts, flags, out);
      if (files.length === 0)
        throw new ExitError(
          exitCodes.usage,
          'name files or folders with series, a log with --logs, or alerts with --alerts',
        );
      return series(files, flags, out);
    });
}

async function series(files: readonly string[], { out, time, value }: Flags, output: Output) {
  const columns = { time: time ?? null, value: value ?? null };
  const result = await backtest({ files, out, columns });
  output.answer(told(result), () => lines(result));
  const { unread } = result;
  if (unread.length === 0) return;
  const all = unread.length + result.series.length;
  throw new ExitError(exitCodes.failed, `${unread.length} of ${all} files could not be read.`);
}

async function logs(file: string, { out, value }: Flags, output: Output) {
  const result = await backtestLogs(file, out, value ?? null);
  output.answer(result, () => [`${result.lines} lines under ${result.templates} templates.`]);
}

async function alerts(file: string, { out, graph, time, value }: Flags, output: Output) {
  const columns = { time: time ?? null, value: value ?? null };
  const result = await backtestAlerts({ file, out, graph: graph ?? null, columns });
  const { alerts, incidents, background } = result;
  output.answer(result, () => [
    `${alerts - background} alerts became ${incidents} ${incidents === 1 ? 'incident' : 'incidents'}; ${background} fire all the time.`,
  ]);
}

/** The series without the points of their charts. */
const told = ({ series, unread, report }: BacktestResult) => ({
  series: series.map(({ name, rows, alarmRows, alarms }) => ({ name, rows, alarmRows, alarms })),
  unread,
  report,
});

function lines({ series, unread, report }: BacktestResult): string[] {
  const rows = series.reduce((sum, one) => sum + one.rows, 0);
  return [
    ...series
      .filter(({ alarmRows }) => alarmRows > 0)
      .map(({ name, alarmRows, alarms }) => {
        const first = alarms[0] === undefined ? '' : `, the first at ${clean(alarms[0].at)}`;
        return `${clean(name)}: ${alarmRows} ${alarmRows === 1 ? 'alarm' : 'alarms'}${first}`;
      }),
    ...unread.map(({ name, reason }) => `${clean(name)} was not read: ${clean(reason)}`),
    `${rows} rows in ${series.length} series. Report: ${clean(report)}`,
  ];
}
