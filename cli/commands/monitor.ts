// `sentinel monitor`: what a configured system that is asked needs to be read.

import type { Command } from 'commander';
import { ExitError, exitCodes } from '../../app/exit.ts';
import { monitorPermissions } from '../../app/monitors.ts';
import { describeProblem } from '../../config/problems.ts';
import { localCommand } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { createOutput } from '../output.ts';

type Flags = { readonly config?: string; readonly json?: boolean };

export function registerMonitor(program: Command, deps: CliDeps): void {
  const monitor = program.command('monitor').description('the configured systems that are asked');

  localCommand(
    monitor,
    'permissions <name>',
    'print the least rights that reading it takes; the name is such as cloudwatch/main',
  ).action(async (name: string, flags: Flags) => {
    const text = await permissions(name, flags, deps);
    const out = createOutput(deps, flags.json === true);
    out.answer({ monitor: name, text }, () => text.trimEnd().split('\n'));
  });
}

async function permissions(name: string, { config }: Flags, deps: CliDeps): Promise<string> {
  const loaded = deps.loadConfig(config);
  if (!loaded.ok) {
    const lines = loaded.problems.map(describeProblem).join('\n');
    throw new ExitError(exitCodes.failed, lines, { problems: loaded.problems });
  }
  const all = await monitorPermissions(loaded.config);
  const text = all.get(name);
  if (text === undefined) {
    const names = [...all.keys()].join(', ') || 'none';
    throw new ExitError(exitCodes.usage, `There is no monitor "${name}". Configured: ${names}.`);
  }
  if (text === null) throw new ExitError(exitCodes.usage, `${name} needs no rights of its own.`);
  return text;
}
