// `sentinel inventory`: what each target is, and which services have none.

import type { Command } from 'commander';
import type { InventoryRow, InventoryView } from '../../api/inventory.ts';
import { apiCommand, type CommonFlags, connect } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { clean } from '../terminal/text.ts';

type Answer = { readonly items: readonly InventoryRow[] } & Pick<InventoryView, 'without' | 'missing'>;

export function registerInventory(program: Command, deps: CliDeps): void {
  apiCommand(
    program,
    'inventory [environment]',
    'targets, what is known of each, and services that have none',
  ).action(async (environment: string | undefined, flags: CommonFlags) => {
    const { api, out } = connect(flags, deps);
    const query = new URLSearchParams({ limit: '200' });
    if (environment !== undefined) query.set('environment', environment);
    const answer = await api.get<Answer>(`/api/v1/inventory?${query}`);
    out.answer(answer, () => [
      ...(answer.items.length === 0 ? ['No executor reports a target.'] : answer.items.flatMap(targetLines)),
      ...answer.without.map(
        ({ environment: where, service, reason }) => `${clean(`${where}/${service}`)}: ${clean(reason)}`,
      ),
      ...answer.missing.map(
        ({ environment: where, executor, reason }) =>
          `Executor ${clean(executor)} in ${clean(where)} did not answer: ${clean(reason)}`,
      ),
    ]);
  });
}

function targetLines(row: InventoryRow): readonly string[] {
  const about = [
    `${row.availability}, ${row.servingReplicas} of ${row.desiredReplicas} serving`,
    `executor ${row.executor}`,
    ...(row.team === null ? [] : [`team ${row.team}`]),
    ...(row.tier === null ? [] : [`tier ${row.tier}`]),
  ];
  const notes = [
    ...(row.protected === null ? [] : [`protected: ${row.protected}`]),
    ...(row.unresolved === null ? [] : [row.unresolved]),
    ...(row.rollout === null ? [] : [`rollout in progress: ${row.rollout}`]),
    ...(row.owner === null ? [] : [`owned by ${row.owner.name}: ${row.owner.detail}`]),
  ];
  return [
    clean(`${row.environment}/${row.service}  ${row.key}  (${about.join(', ')})`),
    ...notes.map((note) => `  ${clean(note)}`),
  ];
}
