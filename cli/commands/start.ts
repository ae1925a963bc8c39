// `sentinel start`: runs the parts of a role until it is told to stop.

import { type Command, Option } from 'commander';
import { ExitError, exitCodes } from '../../app/exit.ts';
import { type SentinelRole, type StartSentinel, sentinelRoles } from '../../app/roles.ts';
import { describeProblem } from '../../config/problems.ts';
import { localCommand } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { createOutput } from '../output.ts';

export function registerStart(program: Command, deps: CliDeps, start: StartSentinel): void {
  localCommand(program, 'start', 'run Sentinel until SIGINT or SIGTERM')
    .addOption(new Option('--role <role>', 'which parts to run').choices(sentinelRoles).default('all'))
    .action(async (flags: { role: SentinelRole; config?: string; json?: boolean }) => {
      const out = createOutput(deps, flags.json === true);
      const loaded = deps.loadConfig(flags.config);
      if (!loaded.ok) {
        const lines = loaded.problems.map(describeProblem).join('\n');
        throw new ExitError(exitCodes.usage, lines, { problems: loaded.problems });
      }
      const stopping = new AbortController();
      const signal = deps.untilSignal().finally(() => stopping.abort());
      const starting = start(loaded.config, flags.role, (line) => out.note(line), stopping.signal);
      const running = await starting.catch(async (error: unknown) => {
        if (!(error instanceof Error && error.name === 'AbortError')) throw error;
        out.note(`${await signal}: stopped before startup finished`);
        return null;
      });
      if (running === null) return;
      out.answer({ event: 'started', role: flags.role, banner: running.banner }, () => running.banner);
      try {
        const name = await Promise.race([signal, running.failed]);
        out.note(`${name}: stopping`);
      } finally {
        await running.stop();
      }
    });
}
