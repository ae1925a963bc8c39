// `sentinel silence` and `sentinel maintenance`: what people want to hear nothing of for a while.

import { type Command, InvalidArgumentError } from 'commander';
import type { SilencedFinding, SilencePreview } from '../../api/ports/silences.ts';
import type { ShownSilence } from '../../api/schemas/silence.ts';
import { ExitError, exitCodes } from '../../app/exit.ts';
import { parseDuration } from '../../config/duration.ts';
import { nameOf } from '../../domain/policy/identity.ts';
import { type Matcher, matchersText, parseMatcher } from '../../domain/silences/matchers.ts';
import { scheduleText } from '../../domain/silences/schedule.ts';
import type { SilenceKind } from '../../domain/silences/silence.ts';
import { apiCommand, type CommonFlags, connect } from '../command.ts';
import type { CliDeps } from '../deps.ts';
import { clean, formatDuration } from '../terminal/text.ts';

type WhenFlags = {
  readonly for?: number;
  readonly from?: number;
  readonly until?: number;
  readonly weekly?: readonly string[];
  readonly at?: string;
  readonly zone?: string;
};
type AddFlags = CommonFlags &
  WhenFlags & {
    readonly reason: string;
    readonly ticket?: string;
    readonly only?: readonly string[];
    readonly preview?: boolean;
  };
type Detail = {
  readonly silence: ShownSilence;
  readonly versions: readonly ShownSilence[];
  readonly findings: readonly SilencedFinding[];
};

const path = '/api/v1/silences';

export function registerSilences(program: Command, deps: CliDeps): void {
  register(program, deps, 'silence', 'silences: no incidents, actions and notifications for a while');
  register(program, deps, 'maintenance', 'maintenance windows: planned silences, once or every week');
}

function register(program: Command, deps: CliDeps, kind: SilenceKind, about: string): void {
  const group = program.command(kind).description(about);
  const add = apiCommand(
    group,
    'add <matcher...>',
    'add one, for example: service=checkout environment=~"prod.*"',
  )
    .requiredOption('--reason <text>', 'why; shown to everybody')
    .option('--ticket <text>', 'ticket that it belongs to')
    .option('--for <duration>', 'how long, such as 2h', durationMs)
    .option('--from <time>', 'when it begins, such as 2026-01-31T22:00:00Z (default: now)', instant)
    .option('--until <time>', 'when it ends, instead of --for', instant)
    .option('--only <what>', 'only some of notifications,incidents,actions (default: all)', list)
    .option('--preview', 'only show which open incidents it is about');
  if (kind === 'maintenance')
    add
      .option('--weekly <days>', 'every week on these days, such as sat,sun; needs --at and --for', list)
      .option('--at <time>', 'local time at which it begins, such as 22:30')
      .option('--zone <name>', 'time zone of --at, such as Europe/Berlin', 'UTC');
  add.action(async (matchers: readonly string[], flags: AddFlags) => {
    const { api, out } = connect(flags, deps);
    const parsed = matchers.map(matcherOf);
    if (flags.preview === true) {
      const answer = await api.post<SilencePreview>(`${path}/preview`, { matchers: parsed });
      out.answer(answer, () => previewLines(answer));
      return;
    }
    const { reason, ticket, only } = flags;
    const answer = await api.post<ShownSilence>(path, {
      ...{ kind, matchers: parsed, schedule: scheduleOf(flags, Date.now()), reason },
      ...(ticket === undefined ? {} : { ticket }),
      ...(only === undefined ? {} : { silences: only }),
    });
    out.answer(answer, () => [`Added ${answer.id}.`, ...lines(answer)]);
  });

  apiCommand(group, 'list', 'list those that are active or still to come')
    .option('--all', 'those that ended within 30 days, too')
    .action(async (flags: CommonFlags & { readonly all?: boolean }) => {
      const { api, out } = connect(flags, deps);
      const answer = await api.get<{ readonly items: readonly ShownSilence[] }>(`${path}?limit=200`);
      const shown = answer.items.filter(
        (one) => one.kind === kind && (flags.all === true || one.state !== 'expired'),
      );
      out.answer({ ...answer, items: shown }, () => (shown.length === 0 ? ['None.'] : shown.flatMap(lines)));
    });

  apiCommand(group, 'show <id>', 'one of them, its history and what it silenced').action(
    async (id: string, flags: CommonFlags) => {
      const { api, out } = connect(flags, deps);
      const answer = await api.get<Detail>(`${path}/${encodeURIComponent(id)}`);
      out.answer(answer, () => detailLines(answer));
    },
  );

  apiCommand(group, 'end <id>', 'end one now; whatever still fires is judged again')
    .option('--reason <text>', 'why, for the audit log', 'ended from the command line')
    .action(async (id: string, flags: CommonFlags & { readonly reason: string }) => {
      const { api, out } = connect(flags, deps);
      const { reason } = flags;
      const answer = await api.post<ShownSilence>(`${path}/${encodeURIComponent(id)}/end`, { reason });
      out.answer(answer, () => [`Ended ${clean(answer.id)}.`]);
    });
}

function scheduleOf(flags: WhenFlags, nowMs: number): unknown {
  const { for: forMs, from, until, weekly, at, zone } = flags;
  if (weekly !== undefined) {
    if (at === undefined || forMs === undefined) throw usage('--weekly needs --at and --for');
    return {
      ...{ kind: 'weekly', days: weekly, at, minutes: Math.round(forMs / 60_000), timeZone: zone },
      ...{ fromMs: from ?? nowMs, untilMs: until ?? null },
    };
  }
  if (at !== undefined) throw usage('--at needs --weekly; for once, use --from');
  if ((forMs === undefined) === (until === undefined)) throw usage('say when it ends: --for or --until');
  const startsAtMs = from ?? nowMs;
  return { kind: 'once', startsAtMs, endsAtMs: until ?? startsAtMs + (forMs ?? 0) };
}

function usage(message: string): ExitError {
  return new ExitError(exitCodes.usage, message);
}

function matcherOf(text: string): Matcher {
  const matcher = parseMatcher(text);
  if (matcher === null)
    throw usage(`"${clean(text)}" is no matcher; write service=checkout, or environment=~"prod.*"`);
  return matcher;
}

function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms === 0) throw new InvalidArgumentError('Expected a duration such as 30m or 2h.');
  return ms;
}

function instant(text: string): number {
  const ms = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('Expected a time such as 2026-01-31T22:00:00Z.');
  return ms;
}

function list(text: string): readonly string[] {
  return text.split(',').map((one) => one.trim());
}

function lines(silence: ShownSilence): string[] {
  const { id, state, matchers, schedule, now, next, silences, reason, ticket, createdBy, source } = silence;
  const when =
    now !== null
      ? `active until ${iso(now.endsAtMs)} (${formatDuration(now.endsAtMs - Date.now())} left)`
      : state === 'expired' || next === null
        ? state
        : `begins ${iso(next.startsAtMs)}`;
  const by = source === null ? nameOf(createdBy) : `${nameOf(createdBy)} in ${source}`;
  return [
    `${clean(id)}  ${when}`,
    `  ${clean(matchersText(matchers))}`,
    ...(schedule.kind === 'weekly' ? [`  ${clean(scheduleText(schedule))}`] : []),
    `  silences ${silences.join(', ')}; by ${clean(by)}: ${clean(reason)}${ticket === null ? '' : ` (${clean(ticket)})`}`,
  ];
}

function detailLines({ silence, versions, findings }: Detail): string[] {
  const { ended } = silence;
  return [
    ...lines(silence),
    ...(ended === null
      ? []
      : [`  ended ${iso(ended.atMs)} by ${clean(nameOf(ended.by))}: ${clean(ended.reason)}`]),
    ...versions.map(
      (one) => `  version ${one.version}: ${iso(one.changedAtMs)} by ${clean(nameOf(one.changedBy))}`,
    ),
    ...(findings.length === 0 ? ['  It has silenced nothing yet.'] : findings.map(findingLine)),
  ];
}

function findingLine({
  environment,
  service,
  severity,
  summary,
  firstAtMs,
  dueAtMs,
}: SilencedFinding): string {
  const waits = dueAtMs === null ? 'over' : `waits until ${iso(dueAtMs)}`;
  return `  ${severity} ${clean(environment)}/${clean(service)}: ${clean(summary)} (since ${iso(firstAtMs)}, ${waits})`;
}

function previewLines({ incidents, of }: SilencePreview): string[] {
  if (incidents.length === 0) return [`It is about none of the ${of} open incidents.`];
  return incidents.map(
    ({ environment, service, title, matched, findings }) =>
      `${clean(environment)}/${clean(service)}  ${clean(title)}: ${matched} of ${findings} findings`,
  );
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
