/**
 * The verdict, from nothing but what the sender logged and what can be read afterwards: each accepted event has exactly one end, what
 * nobody can use was refused with a reason, nothing waits any more, and memory stayed flat. Pure.
 */
import type { ExplainedItem } from '../../../api/ports/explain.ts';
import { maxSeenAnomalies } from '../../../domain/incident/anomalies.ts';
import type { LogLine } from '../answer-log.ts';
import { type MemorySample, memoryProblems } from './memory.ts';

export type Explained = Pick<ExplainedItem, 'id' | 'state' | 'outcome' | 'reason' | 'incidentId' | 'repeats'>;

export interface Evidence {
  readonly log: readonly LogLine[];
  /** What is in Sentinel's database of an event, by the id that its sender gave it. */
  readonly explained: ReadonlyMap<string, readonly Explained[]>;
  /** What the API's `explain` says of some of them. */
  readonly toldByApi: Evidence['explained'];
  readonly letters: readonly { readonly place: string; readonly reason: string }[];
  /** Readings in history, by their ids; one that is there twice is here twice. */
  readonly readings: readonly string[];
  /** Of every partition that is read. */
  readonly offsets: readonly {
    readonly partition: string;
    readonly end: bigint;
    readonly committed: bigint;
  }[];
  /** What the incidents say that they were told: `incident anomaly`. */
  readonly told: readonly string[];
  readonly memory: readonly MemorySample[];
}

export const problemKinds = [
  'missing',
  'doubled',
  'not-told',
  'told-twice',
  'told-otherwise',
  'unfinished',
  'without-reason',
  'good-refused',
  'repeat-not-known',
  'hostile-accepted',
  'lag',
  'memory',
] as const;
export interface Problem {
  readonly kind: (typeof problemKinds)[number];
  readonly what: string;
}

export interface Verdict {
  readonly lost: number;
  readonly ok: boolean;
  readonly accepted: Readonly<Record<'webhooks' | 'records' | 'readings', number>>;
  /** Of what was accepted: how it ended. Each event is in one of them; a copy of one that was accepted before is a duplicate. */
  readonly ends: Readonly<
    Record<'incident' | 'evidence' | 'suppressed' | 'deadLetter' | 'history' | 'duplicate', number>
  >;
  readonly hostile: { readonly refused: number; readonly deadLetters: number };
  /** Sent again after an answer was lost, or asked for patience. */
  readonly sentAgain: number;
  /** Letters about a record that had one already: it was read again before its offset was committed. */
  readonly lettersAgain: number;
  readonly lag: number;
  readonly problems: readonly Problem[];
}

export function verdictOf(evidence: Evidence): Verdict {
  const problems: Problem[] = [];
  const problem = (kind: Problem['kind'], what: string): void => void problems.push({ kind, what });
  const { log, letters, offsets } = evidence;
  const accepted = log.filter(({ answer }) => answer === 'accepted');
  const good = accepted.filter(({ sort }) => sort !== 'hostile');
  const hostile = log.filter(({ sort, answer }) => sort === 'hostile' && answer !== 'again');
  const ends = { incident: 0, evidence: 0, suppressed: 0, deadLetter: 0, history: 0, duplicate: 0 };

  for (const { id, why = '' } of log.filter(({ sort, answer }) => sort !== 'hostile' && answer === 'refused'))
    problem('good-refused', `${id}: ${why}`);

  const events = good.filter(({ way }) => way !== 'reading');
  for (const [name, copies] of Map.groupBy(events, ({ id, state }) => `${id} ${state ?? ''}`.trimEnd())) {
    const [first] = copies;
    if (first === undefined) continue;
    const items = (evidence.explained.get(first.id) ?? []).filter(
      (item) => item.state === first.state && !isAnotherLook(item),
    );
    ends.duplicate += copies.length - 1;
    const [item] = items;
    if (item === undefined) problem('missing', `${name}: Sentinel knows nothing of it`);
    else if (items.length > 1) problem('doubled', `${name}: ${items.map(({ id }) => id).join(', ')}`);
    else judge(name, item, copies.length);
  }

  function judge(name: string, { outcome, reason, repeats }: Explained, copies: number): void {
    if (repeats < copies - 1)
      problem('repeat-not-known', `${name}: sent ${copies} times, ${repeats} repeats`);
    const isGivenUp = outcome === 'suppressed' || outcome === 'dead-letter';
    if (outcome === 'waiting') problem('unfinished', `${name}: ${reason ?? 'waits'}`);
    else if (isGivenUp && (reason ?? '') === '') problem('without-reason', `${name}: ${outcome}`);
    else if (outcome === 'dead-letter') {
      problem('good-refused', `${name}: ${reason}`);
      ends.deadLetter += 1;
    } else ends[outcome] += 1;
  }

  const inHistory = Map.groupBy(evidence.readings, (id) => id);
  for (const [id, copies] of Map.groupBy(
    good.filter(({ way }) => way === 'reading'),
    (line) => line.id,
  )) {
    ends.duplicate += copies.length - 1;
    const rows = inHistory.get(id)?.length ?? 0;
    if (rows === 0) problem('missing', `${id}: not in history`);
    else if (rows > 1) problem('doubled', `${id}: ${rows} times in history`);
    else ends.history += 1;
  }

  const byPlace = Map.groupBy(letters, ({ place }) => place);
  let refused = 0;
  let deadLetters = 0;
  for (const { id, answer, place, why = '' } of hostile) {
    const known = evidence.explained.get(id) ?? [];
    if (known.length > 0) problem('hostile-accepted', `${id}: ${known.map((item) => item.id).join(', ')}`);
    if (place === undefined) {
      if (answer === 'accepted') problem('hostile-accepted', `${id}: answered as accepted`);
      else if (why === '') problem('without-reason', `${id}: refused`);
      else refused += 1;
      continue;
    }
    const itsLetters = byPlace.get(place) ?? [];
    if (itsLetters.length === 0) problem('missing', `${id} at ${place}: no dead letter`);
    else if (itsLetters.some(({ reason }) => reason === ''))
      problem('without-reason', `${id} at ${place}: dead letter`);
    else deadLetters += 1;
  }
  for (const { id, place } of good)
    if (place !== undefined && byPlace.has(place))
      problem('good-refused', `${id} at ${place}: a dead letter`);

  for (const [what, times] of Map.groupBy(evidence.told, (one) => one))
    if (times.length > 1) problem('told-twice', `${what}: ${times.length} times`);
  for (const what of notTold(evidence)) problem('not-told', `${what}: the incident does not know of it`);

  for (const [id, items] of evidence.toldByApi)
    if (!sayTheSame(items, evidence.explained.get(id) ?? []))
      problem('told-otherwise', `${id}: explain says ${JSON.stringify(items)}`);

  let lag = 0;
  for (const { partition, end, committed } of offsets) {
    lag += Number(end - committed);
    if (committed !== end) problem('lag', `${partition}: committed ${committed} of ${end}`);
  }
  if (offsets.length === 0) problem('lag', 'no partition was looked at');
  for (const one of memoryProblems(evidence.memory)) problem('memory', one);

  const of = (way: LogLine['way']): number => good.filter((line) => line.way === way).length;
  return {
    lost: problems.filter(({ kind }) => kind === 'missing').length,
    ok: problems.length === 0,
    accepted: { webhooks: of('webhook'), records: of('record'), readings: of('reading') },
    ends,
    hostile: { refused, deadLetters },
    sentAgain: log.filter(({ answer }) => answer === 'again').length,
    lettersAgain: letters.length - byPlace.size,
    lag,
    problems,
  };
}

/** A finding that is looked at once more after its incident ended is the same event. */
export const isAnotherLook = ({ id }: Explained): boolean => id.startsWith('late/') || id.includes('/after/');

function sayTheSame(some: readonly Explained[], others: readonly Explained[]): boolean {
  const said = (items: readonly Explained[]): string =>
    JSON.stringify(
      items
        .filter((item) => !isAnotherLook(item))
        .map(({ id, state, outcome, reason, incidentId, repeats }) => [
          id,
          state,
          outcome,
          reason,
          incidentId,
          repeats,
        ])
        .toSorted(([left], [right]) => String(left).localeCompare(String(right))),
    );
  return said(some) === said(others);
}

/** What belongs to an incident, as the inbox says, and is not in the record of that incident: `incident anomaly`. */
export function notTold({ explained, told }: Pick<Evidence, 'explained' | 'told'>): readonly string[] {
  const known = new Set(told);
  const perIncident = Map.groupBy(told, (one) => one.split(' ')[0]);
  return [...explained.values()].flat().flatMap(({ id, state, outcome, incidentId }) => {
    if (outcome !== 'incident' || state !== 'firing' || incidentId === null) return [];
    const [, anomaly] = /^anomaly\/(.+)\/firing$/.exec(id) ?? [];
    // A record ends where it is long enough; the rest are members.
    const isFull = (perIncident.get(incidentId)?.length ?? 0) >= maxSeenAnomalies;
    const what = `${incidentId} ${anomaly}`;
    return anomaly === undefined || isFull || known.has(what) ? [] : [what];
  });
}
