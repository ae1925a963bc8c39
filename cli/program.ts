// The `sentinel` command: every subcommand registered, and every way to end mapped to an exit code.

import { Command, CommanderError } from 'commander';
import { ExitError, exitCodes } from '../app/exit.ts';
import { version } from '../app/version.ts';
import { registerAgent } from './commands/agent.ts';
import { registerAnalyse } from './commands/analyse.ts';
import { registerApprovals } from './commands/approve.ts';
import { registerAudit } from './commands/audit.ts';
import { registerBacktest } from './commands/backtest.ts';
import { registerBreaker } from './commands/breaker.ts';
import { registerConfig } from './commands/config.ts';
import { registerDashboard } from './commands/dashboard.ts';
import { registerDlq } from './commands/dlq.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerEffect } from './commands/effect.ts';
import { registerExecutor } from './commands/executor.ts';
import { registerExplain } from './commands/explain.ts';
import { registerIncident } from './commands/incident.ts';
import { registerInventory } from './commands/inventory.ts';
import { registerKeys } from './commands/key.ts';
import { registerKillSwitch } from './commands/kill-switch.ts';
import { registerMapping } from './commands/mapping.ts';
import { registerMonitor } from './commands/monitor.ts';
import { registerSandbox } from './commands/sandbox.ts';
import { registerSilences } from './commands/silence.ts';
import { registerStart } from './commands/start.ts';
import type { CliDeps } from './deps.ts';

export function createProgram(deps: CliDeps): Command {
  const program = new Command('sentinel')
    .description('Durable incident response: from an anomaly to a verified fix.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => deps.stdout.write(text),
      writeErr: (text) => deps.stderr.write(text),
    })
    .showSuggestionAfterError()
    .showHelpAfterError('(run with --help for usage)')
    .addHelpText('after', '\nExit codes: 0 ok, 1 failed, 2 usage error, 3 refused.');
  if (deps.start !== undefined) registerStart(program, deps, deps.start);
  registerDoctor(program, deps);
  registerDashboard(program, deps);
  registerIncident(program, deps);
  registerAnalyse(program, deps);
  registerExplain(program, deps);
  registerDlq(program, deps);
  registerApprovals(program, deps);
  registerKillSwitch(program, deps);
  registerSilences(program, deps);
  registerBreaker(program, deps);
  registerInventory(program, deps);
  registerEffect(program, deps);
  registerKeys(program, deps);
  registerAudit(program, deps);
  registerSandbox(program, deps);
  registerBacktest(program, deps);
  registerMapping(program, deps);
  registerConfig(program, deps);
  registerExecutor(program, deps);
  registerMonitor(program, deps);
  if (deps.agent !== undefined) registerAgent(program, deps, deps.agent);
  for (const register of deps.extensions ?? []) register(program, deps);
  return program;
}

/** Runs one command line (without `node` and the script); resolves with the exit code, never rejects. */
export async function runCli(argv: readonly string[], deps: CliDeps): Promise<number> {
  try {
    await createProgram(deps).parseAsync([...argv], { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const { message } = error as Error;
    const code = error instanceof ExitError ? error.exitCode : exitCodes.failed;
    const details = error instanceof ExitError ? error.details : {};
    if (argv.includes('--json')) {
      deps.stderr.write(`${JSON.stringify({ error: message, exitCode: code, ...details })}\n`);
    } else {
      deps.stderr.write(`${error instanceof ExitError ? message : `sentinel: ${message}`}\n`);
    }
    return code;
  }
}
