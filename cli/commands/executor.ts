// `sentinel executor`: what a configured executor needs of the system it acts on.

import type { Command } from 'commander';
import { partsOf } from '../../app/executors.ts';
import { ExitError, exitCodes } from '../../app/exit.ts';
import { describeProblem } from '../../config/problems.ts';
import { localCommand } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { createOutput } from '../output.ts';

type Flags = { readonly config?: string; readonly json?: boolean; readonly format?: string };

export function registerExecutor(program: Command, deps: CliDeps): void {
  const executor = program.command('executor').description('the configured executors');

  localCommand(executor, 'permissions <name>', 'print the least rights that an executor needs')
    .option('--format <format>', 'which form, where the executor has several')
    .action(async (name: string, flags: Flags) => {
      const { format, text } = await permissions(name, flags, deps);
      const out = createOutput(deps, flags.json === true);
      out.answer({ executor: name, format, text }, () => text.trimEnd().split('\n'));
    });
}

async function permissions(
  name: string,
  { config, format }: Flags,
  deps: CliDeps,
): Promise<{ format: string; text: string }> {
  const loaded = deps.loadConfig(config);
  if (!loaded.ok) {
    const lines = loaded.problems.map(describeProblem).join('\n');
    throw new ExitError(exitCodes.failed, lines, { problems: loaded.problems });
  }
  const { executors } = loaded.config;
  const one = executors.find((candidate) => candidate.name === name);
  if (one === undefined) {
    const names = executors.map((candidate) => candidate.name).join(', ') || 'none';
    throw new ExitError(exitCodes.usage, `There is no executor "${name}". Configured: ${names}.`);
  }
  const { permissions: formats = {} } = await partsOf(one);
  const known = Object.keys(formats);
  const [first] = known;
  if (first === undefined)
    throw new ExitError(exitCodes.usage, `An executor of type ${one.type} needs no rights of its own.`);
  const wanted = format ?? first;
  const print = Object.hasOwn(formats, wanted) ? formats[wanted] : undefined;
  if (print === undefined)
    throw new ExitError(
      exitCodes.usage,
      `An executor of type ${one.type} has no format "${wanted}". It has: ${known.join(', ')}.`,
    );
  return { format: wanted, text: print(one) };
}
