// `sentinel effect settle`: a person says what became of an effect that nobody could tell of.

import { type Command, Option } from 'commander';
import { apiCommand, type CommonFlags, connect } from '../command.ts';
import type { CliDeps } from '../deps.ts';

type Flags = CommonFlags & { readonly outcome: 'happened' | 'did-not-happen'; readonly reason: string };

export function registerEffect(program: Command, deps: CliDeps): void {
  const effect = program.command('effect').description('settle effects of unknown outcome');
  apiCommand(effect, 'settle <effect>', 'record whether an effect happened; check its target first')
    .addOption(
      new Option('--outcome <outcome>', 'what the target shows')
        .choices(['happened', 'did-not-happen'])
        .makeOptionMandatory(),
    )
    .requiredOption('--reason <text>', 'how you know, for the audit log')
    .action(async (id: string, flags: Flags) => {
      const { api, out } = connect(flags, deps);
      const { outcome, reason } = flags;
      const path = `/api/v1/effects/${encodeURIComponent(id)}/settle`;
      const answer = await api.post(path, { happened: outcome === 'happened', reason });
      out.answer(answer, () => ['Settled. Sentinel may act on its target again.']);
    });
}
