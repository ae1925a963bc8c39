// `sentinel key`: API keys.

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { KeyRecord } from '../../api/ports/keys.ts';
import { parseDuration } from '../../config/duration.ts';
import type { Reach } from '../../domain/policy/reach.ts';
import { keyRoles } from '../../domain/role.ts';
import { apiCommand, type CommonFlags, connect } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { clean, table } from '../terminal/text.ts';

type KeyList = { readonly items: readonly KeyRecord[] };
type CreateFlags = CommonFlags & {
  readonly role: string;
  readonly person?: string;
  readonly host?: string;
  readonly environment?: string[];
  readonly service?: string[];
  readonly expiresIn?: number;
};

export function registerKeys(program: Command, deps: CliDeps): void {
  const key = program.command('key').description('API keys');

  apiCommand(key, 'create <name>', 'create a key; it is shown once')
    .addOption(
      new Option(
        '--role <role>',
        'what it may do; `ingest` only sends telemetry, alerts and events, `agent` only serves one machine',
      )
        .choices(keyRoles)
        .default('viewer'),
    )
    .option('--person <name>', 'owner of the key: a name under `people` in the configuration')
    .option('--host <name>', 'the machine that a key with the role `agent` is good for')
    .option('--environment <names...>', 'only these environments; `*` and `?` are wildcards')
    .option('--service <names...>', 'only these services; `*` and `?` are wildcards')
    .option('--expires-in <duration>', 'expires after this long, such as 90d', durationMs)
    .action(async (name: string, flags: CreateFlags) => {
      const { api, out } = connect(flags, deps);
      const made = await api.post<{ keyId: string; key: string }>(
        '/api/v1/keys',
        keyOf(name, flags, Date.now()),
      );
      out.note(`Created key ${made.keyId} with the role ${flags.role}. It is shown only once:`);
      if (flags.person !== undefined)
        out.note(
          `It counts as ${clean(flags.person)}'s in a quorum once \`people.${clean(flags.person)}.keys\` lists ${made.keyId}. Until then it counts as yours.`,
        );
      out.answer(made, () => [made.key]);
    });

  apiCommand(key, 'list', 'list keys with role, reach, owner and dates').action(
    async (flags: CommonFlags) => {
      const { api, out } = connect(flags, deps);
      const list = await api.get<KeyList>('/api/v1/keys');
      const day = (ms: number | null): string => (ms === null ? '' : new Date(ms).toISOString().slice(0, 10));
      const rows = list.items.map((one) => [
        ...[one.keyId, one.role, day(one.createdAtMs), day(one.lastUsedAtMs), day(one.expiresAtMs)],
        ...[
          day(one.revokedAtMs),
          one.host ?? reachText(one.reach),
          one.belongsTo ?? '',
          one.person,
          one.name,
        ],
      ]);
      const head = [
        'KEY',
        'ROLE',
        'CREATED',
        'LAST USED',
        'EXPIRES',
        'REVOKED',
        'REACH',
        'HELD BY',
        'COUNTS FOR',
        'NAME',
      ];
      out.answer(list, () => table(head, rows, out.paint));
    },
  );

  apiCommand(key, 'revoke <keyId>', 'revoke a key immediately').action(
    async (keyId: string, flags: CommonFlags) => {
      const { api, out } = connect(flags, deps);
      const answer = await api.delete(`/api/v1/keys/${encodeURIComponent(keyId)}`);
      out.answer(answer, () => [`Revoked ${clean(keyId)}.`]);
    },
  );
}

function keyOf(
  name: string,
  { role, person, host, environment, service, expiresIn }: CreateFlags,
  nowMs: number,
): object {
  const reach = {
    ...(environment === undefined ? {} : { environments: environment }),
    ...(service === undefined ? {} : { services: service }),
  };
  return {
    name,
    role,
    ...(person === undefined ? {} : { person }),
    ...(host === undefined ? {} : { host }),
    ...(Object.keys(reach).length === 0 ? {} : { reach }),
    ...(expiresIn === undefined ? {} : { expiresAt: new Date(nowMs + expiresIn).toISOString() }),
  };
}

function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms === 0) throw new InvalidArgumentError('Expected a duration such as 12h or 90d.');
  return ms;
}

function reachText(reach: Reach | null): string {
  const { environments = ['*'], services = ['*'] } = reach ?? {};
  return reach === null ? 'everywhere' : `${environments.join(',')}/${services.join(',')}`;
}
