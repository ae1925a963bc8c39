// `sentinel pause` and `sentinel resume`: the kill switch.

import type { Command } from 'commander';
import { apiCommand, type CommonFlags, connect } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { clean } from '../terminal/text.ts';

type Flags = CommonFlags & { readonly environment: string; readonly reason: string };

export function registerKillSwitch(program: Command, deps: CliDeps): void {
  register(program, deps, 'pause', true, 'engage the kill switch: no actions run until "resume"');
  register(program, deps, 'resume', false, 'release the kill switch');
}

function register(program: Command, deps: CliDeps, name: string, engaged: boolean, about: string): void {
  apiCommand(program, name, about)
    .option('--environment <name>', 'only this environment; "*" means all', '*')
    .option('--reason <text>', 'reason, for the audit log', `${name} from the command line`)
    .action(async (flags: Flags) => {
      const { api, out } = connect(flags, deps);
      const { environment, reason } = flags;
      const answer = await api.post('/api/v1/kill-switch', { environment, engaged, reason });
      const where = environment === '*' ? 'everywhere' : `in ${clean(environment)}`;
      out.answer(answer, () => [
        engaged ? `Paused ${where}: detection continues; no actions run.` : `Resumed ${where}.`,
      ]);
    });
}
