// `sentinel breaker`: what opened because too many actions did not help, and its reset; `sentinel track-record`: how often they did.

import type { Command } from 'commander';
import { apiCommand, type CommonFlags, connect } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { clean } from '../terminal/text.ts';

type ResetFlags = CommonFlags & { readonly action: string; readonly reason: string };
type Breaker = { readonly environment: string; readonly action: string; readonly reason: string };
type ActionRecord = {
  readonly environment: string;
  readonly service: string;
  readonly action: string;
  readonly effects: number;
  readonly helped: number;
  readonly undone: number;
  readonly notUndone: number;
};

export function registerBreaker(program: Command, deps: CliDeps): void {
  const breaker = program
    .command('breaker')
    .description('breakers that opened because too many actions did not help');
  apiCommand(breaker, 'list', 'list the open ones').action(async (flags: CommonFlags) => {
    const { api, out } = connect(flags, deps);
    const answer = await api.get('/api/v1/breakers');
    out.answer(answer, () => {
      const { items } = answer as { readonly items: readonly Breaker[] };
      return items.length === 0 ? ['No breaker is open.'] : items.map(breakerLine);
    });
  });
  apiCommand(breaker, 'reset <environment>', 'close one: actions run again as policy allows')
    .option('--action <id>', 'the action it is for; "*" is for all', '*')
    .requiredOption('--reason <text>', 'why they will help now, for the audit log')
    .action(async (environment: string, flags: ResetFlags) => {
      const { api, out } = connect(flags, deps);
      const { action, reason } = flags;
      const answer = await api.post('/api/v1/breakers/reset', { environment, action, reason });
      const { reset: done } = answer as { readonly reset: boolean };
      out.answer(answer, () => [
        done
          ? 'Reset. Actions run again as policy allows.'
          : 'No such breaker is open; "sentinel breaker list" shows those that are.',
      ]);
    });

  apiCommand(program, 'track-record', 'how often actions and rollbacks helped, by service')
    .option('--days <number>', 'how far back', '30')
    .action(async (flags: CommonFlags & { readonly days: string }) => {
      const { api, out } = connect(flags, deps);
      const answer = await api.get(`/api/v1/track-record?days=${encodeURIComponent(flags.days)}`);
      out.answer(answer, () => {
        const { items } = answer as { readonly items: readonly ActionRecord[] };
        return items.length === 0 ? ['No action has an outcome yet.'] : items.map(recordLine);
      });
    });
}

function breakerLine({ environment, action, reason }: Breaker): string {
  const what = action === '*' ? 'all actions' : clean(action);
  return `${clean(environment)}  ${what}: ${clean(reason)}`;
}

function recordLine({
  environment,
  service,
  action,
  effects,
  helped,
  undone,
  notUndone,
}: ActionRecord): string {
  const share = effects === 0 ? '-' : `${Math.round((helped / effects) * 100)} %`;
  const rollbacks = undone + notUndone === 0 ? '' : `; rolled back ${undone} of ${undone + notUndone}`;
  return `${clean(environment)}/${clean(service)}  ${clean(action)}: helped ${helped} of ${effects} (${share})${rollbacks}`;
}
