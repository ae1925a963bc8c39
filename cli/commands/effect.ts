// `sentinel effect`: a person says what became of an effect that nobody could tell of, or asks that one is undone.

import { type Command, Option } from 'commander';
import type { OpenRollback } from '../../api/ports/rollbacks.ts';
import { apiCommand, type CommonFlags, connect } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { clean, formatTime } from '../terminal/text.ts';

type Flags = CommonFlags & { readonly outcome: 'happened' | 'did-not-happen'; readonly reason: string };

export function registerEffect(program: Command, deps: CliDeps): void {
  const effect = program
    .command('effect')
    .description('settle effects of unknown outcome, roll effects back');
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

  apiCommand(effect, 'rollback <effect>', 'ask that an effect is undone; "incident show" lists what stands')
    .requiredOption('--reason <text>', 'why, for the record')
    .action(async (id: string, flags: CommonFlags & { readonly reason: string }) => {
      const { api, out } = connect(flags, deps);
      const path = `/api/v1/effects/${encodeURIComponent(id)}/roll-back`;
      const answer = await api.post<RolledBack>(path, { reason: flags.reason });
      out.answer(answer, () => rollbackLines(answer));
    });
}

type RolledBack = {
  readonly granted: boolean;
  readonly repeated: boolean;
  readonly tookOver: boolean;
  readonly request: OpenRollback;
};

function rollbackLines({ granted, repeated, tookOver, request }: RolledBack): string[] {
  const { by, quorum, expiresAtMs } = request;
  const so = granted
    ? 'It is being rolled back; the timeline of the incident tells what came of it.'
    : `Asked for by ${by.map(clean).join(', ')}: ${by.length} of ${quorum} admins. Another one has to ask, by ${formatTime(expiresAtMs)}.`;
  return [
    repeated ? `You had asked for it already. ${so}` : so,
    ...(tookOver ? ['The incident is yours now: Sentinel does nothing more in it by itself.'] : []),
  ];
}
