// `sentinel key`: API keys.

import { type Command, Option } from 'commander';
import type { ApiKeys } from '../../api/ports.ts';
import { roles } from '../../domain/policy/verdict.ts';
import { apiCommand, type CommonFlags, connect } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { clean, table } from '../terminal/text.ts';

type KeyList = { readonly items: Awaited<ReturnType<ApiKeys['list']>> };

export function registerKeys(program: Command, deps: CliDeps): void {
  const key = program.command('key').description('API keys');

  apiCommand(key, 'create <name>', 'make a key; it is shown once')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).default('viewer'))
    .action(async (name: string, flags: CommonFlags & { role: string }) => {
      const { api, out } = connect(flags, deps);
      const made = await api.post<{ keyId: string; key: string }>('/api/v1/keys', { name, role: flags.role });
      out.note(`Key ${made.keyId} with the role ${flags.role}. This is the only time it is shown:`);
      out.answer(made, () => [made.key]);
    });

  apiCommand(key, 'list', 'keys with name, role and dates').action(async (flags: CommonFlags) => {
    const { api, out } = connect(flags, deps);
    const list = await api.get<KeyList>('/api/v1/keys');
    const day = (ms: number | null): string => (ms === null ? '' : new Date(ms).toISOString().slice(0, 10));
    const rows = list.items.map(({ keyId, name, role, createdAtMs, revokedAtMs }) => [
      ...[keyId, role, day(createdAtMs), day(revokedAtMs), name],
    ]);
    out.answer(list, () => table(['KEY', 'ROLE', 'CREATED', 'REVOKED', 'NAME'], rows, out.paint));
  });

  apiCommand(key, 'revoke <keyId>', 'end a key at once').action(async (keyId: string, flags: CommonFlags) => {
    const { api, out } = connect(flags, deps);
    const answer = await api.delete(`/api/v1/keys/${encodeURIComponent(keyId)}`);
    out.answer(answer, () => [`Revoked ${clean(keyId)}.`]);
  });
}
