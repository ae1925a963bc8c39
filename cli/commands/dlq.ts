// `sentinel dlq`: dead letters, for a person who repairs what made them and hands them in again.

import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type DeadLetter,
  type DeadLetterContent,
  deadLetterKinds,
  type Replayed,
  type ReplayOutcome,
} from '../../api/ports/dead-letters.ts';
import { ExitError, exitCodes } from '../../app/exit.ts';
import { parseDuration } from '../../config/duration.ts';
import type { ApiClient } from '../api-client.ts';
import { apiCommand, type CommonFlags, connect } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { clean, table } from '../terminal/text.ts';

type FilterFlags = CommonFlags & {
  readonly kind?: string;
  readonly topic?: string;
  readonly reason?: string;
  readonly since?: string;
};
type ListFlags = FilterFlags & { readonly replayed?: boolean; readonly limit: number };
type ReplayFlags = FilterFlags & { readonly all?: boolean; readonly note?: string };
type List = { readonly items: readonly DeadLetter[]; readonly nextCursor: string | null };

const atOnce = 50;
const path = '/api/v1/dead-letters';

export function registerDlq(program: Command, deps: CliDeps): void {
  const dlq = program.command('dlq').description('dead letters: what could not be used, and why');

  filtered(apiCommand(dlq, 'list', 'list dead letters that nobody has replayed, newest first'))
    .option('--replayed', 'those that were replayed instead')
    .option('--limit <n>', 'at most so many', count, 50)
    .action(async ({ replayed = false, limit, ...flags }: ListFlags) => {
      const { api, out } = connect(flags, deps);
      const list = await firstOf(pages(api, { ...filterOf(flags), replayed: String(replayed) }), limit);
      out.answer(list, () => {
        if (list.items.length === 0)
          return [replayed ? 'Nothing was replayed.' : 'There are no dead letters.'];
        const head = ['ID', 'AT', 'SOURCE', 'ABOUT', 'FAILED', 'REASON', 'DETAIL'];
        return [
          ...table(head, list.items.map(rowOf), out.paint),
          ...(list.nextCursor === null ? [] : ['There are more: raise --limit, or filter.']),
        ];
      });
    });

  apiCommand(dlq, 'show <id>', 'show one with its contents as text, without secrets').action(
    async (id: string, flags: CommonFlags) => {
      const { api, out } = connect(flags, deps);
      const letter = await api.get<DeadLetterContent>(`${path}/${encodeURIComponent(id)}`);
      out.answer(letter, () => contentLines(letter));
    },
  );

  filtered(
    apiCommand(
      dlq,
      'replay [ids...]',
      'hand them in again: to the topic and partition they came from, or back into the inbox; each at most once',
    ),
  )
    .option('--all', 'all that match the filters and that nobody has replayed')
    .option('--note <text>', 'why, for the audit log')
    .action(async (ids: string[], { all = false, note, ...flags }: ReplayFlags) => {
      const { api, out } = connect(flags, deps);
      const filter = filterOf(flags);
      if (all === ids.length > 0) throw usage('Name the dead letters to replay, or pass --all.');
      if (!all && Object.keys(filter).length > 0)
        throw usage('--kind, --topic, --reason and --since filter --all.');
      // What fails again while this runs is a new letter: it waits for the next time.
      const until = new Date().toISOString();
      const letters = all ? pages(api, { ...filter, until, replayed: 'false' }) : given(ids);
      const done: Replayed[] = [];
      try {
        for await (const some of letters)
          for (let from = 0; from < some.items.length; from += atOnce) {
            const now = some.items.slice(from, from + atOnce).map(({ id }) => id);
            const body = { ids: now, ...(note === undefined ? {} : { note }) };
            done.push(...(await api.post<{ items: readonly Replayed[] }>(`${path}/replay`, body)).items);
          }
      } catch (error) {
        out.note(`Stopped after ${done.length}. Run the same again: nothing is replayed twice.`);
        throw error;
      }
      out.answer({ items: done }, () => outcomeLines(done, all));
      const failed = done.filter(({ outcome }) => !fine.includes(outcome));
      if (failed.length > 0)
        throw new ExitError(exitCodes.failed, `${failed.length} of ${done.length} could not be replayed.`);
    });
}

function filtered(command: Command): Command {
  return command
    .addOption(
      new Option('--kind <kind>', 'records of Kafka, or events of the inbox').choices(deadLetterKinds),
    )
    .option('--topic <topic>', 'only records of this topic')
    .option('--reason <reason>', 'only of this reason, such as not-json')
    .option(
      '--since <when>',
      'only from this instant on, or of the last while: 2026-01-31T12:00:00Z, 90m, 2d',
      since,
    );
}

function filterOf({ kind, topic, reason, since: from }: FilterFlags): Record<string, string> {
  const all = { kind, topic, reason, since: from };
  return Object.fromEntries(
    Object.entries(all).filter((one): one is [string, string] => one[1] !== undefined),
  );
}

/** Page after page; one may be empty and not be the last. */
async function* pages(api: ApiClient, filter: Record<string, string>): AsyncGenerator<List> {
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ ...filter, ...(cursor === null ? {} : { cursor }) });
    const page: List = await api.get<List>(`${path}?${query}`);
    yield page;
    cursor = page.nextCursor;
  } while (cursor !== null);
}

async function* given(ids: readonly string[]): AsyncGenerator<{ items: readonly { id: string }[] }> {
  yield { items: ids.map((id) => ({ id })) };
}

async function firstOf(
  all: AsyncGenerator<List>,
  limit: number,
): Promise<{ items: DeadLetter[]; nextCursor: string | null }> {
  const items: DeadLetter[] = [];
  for await (const page of all) {
    items.push(...page.items);
    if (items.length >= limit) return { items: items.slice(0, limit), nextCursor: page.nextCursor };
  }
  return { items, nextCursor: null };
}

const rowOf = ({ id, atMs, source, key, failures, reason, detail }: DeadLetter): string[] => [
  ...[
    id,
    instant(atMs),
    clean(source),
    clean(key),
    `${failures}×`,
    clean(reason),
    clean(detail).slice(0, 100),
  ],
];

function contentLines(letter: DeadLetterContent): string[] {
  const { kind, source, key, reason, detail, failures, atMs, receivedAtMs, replayedAtMs, bytes, text, cut } =
    letter;
  return [
    `${letter.id}: ${clean(reason)}`,
    `  ${clean(detail)}`,
    `  from ${clean(source)}${key === '' ? '' : `, key ${clean(key)}`}`,
    `  received ${instant(receivedAtMs)}, a dead letter since ${instant(atMs)}`,
    `  ${kind === 'kafka' ? `failed ${failures} times` : `given up after ${failures} attempts`}`,
    ...(replayedAtMs === null
      ? []
      : [`  replayed ${instant(replayedAtMs)} by ${clean(letter.replayedBy ?? 'somebody')}`]),
    '',
    ...(text === null
      ? ['Its contents are not kept any more.']
      : [...text.split('\n').map(clean), ...(cut ? [`(the beginning of ${bytes} bytes)`] : [])]),
  ];
}

const fine: readonly ReplayOutcome[] = ['replayed', 'already-replayed'];
const words: Readonly<Record<ReplayOutcome, string>> = {
  replayed: 'replayed',
  'already-replayed': 'replayed before, left alone',
  'not-found': 'no such dead letter',
  gone: 'the record is not kept any more, and the letter is no whole copy of it',
  unreadable: 'the batch it came in cannot be decompressed',
  superseded: 'something newer of the same alert has been worked off',
};

function outcomeLines(done: readonly Replayed[], all: boolean): string[] {
  if (done.length === 0) return ['There was nothing to replay.'];
  const by = Map.groupBy(done, ({ outcome }) => outcome);
  return [...by].flatMap(([outcome, some]) =>
    all && outcome === 'replayed'
      ? [`${some.length} replayed`]
      : some.map(({ id }) => `${clean(id)}: ${words[outcome]}`),
  );
}

function since(text: string): string {
  const ms = parseDuration(text);
  if (ms !== null) return new Date(Date.now() - ms).toISOString();
  if (Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('Expected an instant or a duration: 2026-01-31T12:00:00Z, 90m, 2d.');
  return new Date(text).toISOString();
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000)
    throw new InvalidArgumentError('Expected a whole number from 1 to 10000.');
  return value;
}

const instant = (ms: number): string => new Date(ms).toISOString();
const usage = (message: string): ExitError => new ExitError(exitCodes.usage, message);
