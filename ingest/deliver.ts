// Takes findings to their incidents, many at a time: a storm of a thousand alerts is a handful of transactions and signals.
// Each finding has an answer of its own; what fails with others is tried on its own, so that one that cannot be taken holds
// nobody up.

import type { CorrelationConfig } from '../domain/correlation/correlate.ts';
import type { Anomaly } from '../domain/detection/anomaly.ts';
import type { AnomalyNews } from '../workflows/messages.ts';
import type { Assignment, Episodes, IncidentStarter } from './ports.ts';

export type DeliverDeps = {
  readonly episodes: Pick<Episodes, 'assignAll' | 'abandon'>;
  readonly starter: IncidentStarter;
  readonly correlation: CorrelationConfig;
  /** Incidents told at the same time. */
  readonly lanes: number;
};

/** `failed`: nothing is known to have happened; the same finding may be delivered again. */
export type Delivery =
  | { readonly kind: 'signalled' }
  | { readonly kind: 'ignored' | 'silenced'; readonly reason: string }
  | { readonly kind: 'failed'; readonly error: unknown };

/** A signal is kept in the incident's history, and a payload may have 2 MB. */
const longestSignal = { findings: 200, bytes: 256_000 } as const;

/** After so many findings in a row that fail on their own it is the store: the rest of the batch need not find out, too. */
const failuresOfAStore = 3;

type Claimed = { readonly index: number; readonly anomaly: Anomaly; readonly assignment: Assignment };
type Told = Claimed & { readonly assignment: Extract<Assignment, { kind: 'incident' }> };

/** One answer for each finding, in their order. Never throws. */
export async function deliver(
  anomalies: readonly Anomaly[],
  deps: DeliverDeps,
): Promise<readonly Delivery[]> {
  const answers = new Map<number, Delivery>();
  let open = anomalies.map((anomaly, index) => ({ index, anomaly }));
  // An incident may end between the claim and the signal: then its episode is closed and the next one claimed, once.
  for (let claim = 1; claim <= 2 && open.length > 0; claim += 1) {
    const claimed = await assign(open, deps, answers);
    const ended = await tell(claimed, deps, answers);
    // The end of a finding never opens an incident.
    for (const { index, anomaly } of ended)
      if (anomaly.state === 'cleared')
        answers.set(index, { kind: 'ignored', reason: 'its incident had ended before' });
    open = ended.filter(({ anomaly }) => anomaly.state === 'firing');
  }
  for (const { index, anomaly } of open) {
    const error = new Error(`the incidents claimed for anomaly ${anomaly.id} had both ended already`);
    answers.set(index, { kind: 'failed', error });
  }
  return anomalies.map(
    (_, index) => answers.get(index) ?? { kind: 'failed', error: new Error('it was not delivered') },
  );
}

/** The findings that belong to an incident; the others are answered. */
async function assign(
  wanted: readonly { readonly index: number; readonly anomaly: Anomaly }[],
  { episodes, correlation }: DeliverDeps,
  answers: Map<number, Delivery>,
): Promise<readonly Told[]> {
  const told: Told[] = [];
  const failedFindings = new Set<string>();
  let failuresInARow = 0;
  let lastError: unknown;

  async function some(given: typeof wanted): Promise<void> {
    // The end of a finding does not overtake its beginning.
    const isHeld = ({ anomaly }: (typeof given)[number]) => failedFindings.has(findingOf(anomaly));
    const these = given.filter((one) => !isHeld(one));
    for (const { index } of given.filter(isHeld))
      fail(index, new Error('an earlier item of the same finding failed'));
    if (these.length === 0) return;
    if (failuresInARow >= failuresOfAStore) {
      for (const { index } of these) fail(index, lastError);
      return;
    }
    try {
      const assignments = await episodes.assignAll(
        these.map(({ anomaly }) => anomaly),
        correlation,
      );
      failuresInARow = 0;
      these.forEach((one, at) => {
        const assignment = assignments[at];
        if (assignment?.kind === 'incident') told.push({ ...one, assignment });
        else if (assignment !== undefined) answers.set(one.index, assignment);
      });
    } catch (error) {
      const [alone] = these;
      if (these.length === 1 && alone !== undefined) {
        failuresInARow += 1;
        lastError = error;
        failedFindings.add(findingOf(alone.anomaly));
        fail(alone.index, error);
        return;
      }
      const middle = Math.ceil(these.length / 2);
      await some(these.slice(0, middle));
      await some(these.slice(middle));
    }
  }
  const fail = (index: number, error: unknown): void => {
    answers.set(index, { kind: 'failed', error });
  };

  // Environments are locked one by one: the one that is busy is waited for with nothing else in hand.
  for (const ofOne of Map.groupBy(wanted, ({ anomaly }) => anomaly.scope.environment).values())
    await some(ofOne);
  return told;
}

/** Tells the incidents; returns what belongs to those that had ended. */
async function tell(
  told: readonly Told[],
  { episodes, starter, lanes }: DeliverDeps,
  answers: Map<number, Delivery>,
): Promise<readonly Told[]> {
  const ended: Told[] = [];
  const incidents = [...Map.groupBy(told, ({ assignment }) => assignment.input.incidentId).values()];

  async function tellOne(all: readonly Told[]): Promise<void> {
    const parts = partsOf(all);
    for (const [at, part] of parts.entries()) {
      const [first] = part;
      if (first === undefined) continue;
      const { input } = first.assignment;
      try {
        if ((await starter.tell(input, part.map(newsOf))) === 'signalled') {
          for (const { index } of part) answers.set(index, { kind: 'signalled' });
          continue;
        }
        await episodes.abandon(input.incidentId);
        ended.push(...parts.slice(at).flat());
      } catch (error) {
        for (const { index } of parts.slice(at).flat()) answers.set(index, { kind: 'failed', error });
      }
      return;
    }
  }

  const workers = Array.from({ length: Math.min(lanes, incidents.length) }, async () => {
    for (let next = incidents.shift(); next !== undefined; next = incidents.shift()) await tellOne(next);
  });
  await Promise.all(workers);
  return ended.toSorted((left, right) => left.index - right.index);
}

/** In their order, each part short enough for one signal. */
function partsOf(told: readonly Told[]): readonly (readonly Told[])[] {
  const parts: Told[][] = [];
  let bytes = 0;
  for (const one of told) {
    const size = Buffer.byteLength(JSON.stringify(one.anomaly));
    const last = parts.at(-1);
    if (last === undefined || last.length >= longestSignal.findings || bytes + size > longestSignal.bytes) {
      parts.push([one]);
      bytes = size;
    } else {
      last.push(one);
      bytes += size;
    }
  }
  return parts;
}

function newsOf({ anomaly, assignment: { why } }: Told): AnomalyNews {
  if (anomaly.state === 'firing') {
    // Kept where it was assigned; of a storm, they would be most of its messages.
    const { labels: _, ...told } = anomaly;
    return { kind: 'observed', anomaly: why === undefined ? told : { ...told, joined: why } };
  }
  return { kind: 'cleared', anomalyId: anomaly.id, clearedMs: anomaly.clearedMs ?? anomaly.detectedMs };
}

/** The occurrences of an alert are one finding here: its next one does not overtake the end of this one. */
function findingOf({ id, detector, seriesKey }: Anomaly): string {
  return detector === 'external' ? seriesKey : id;
}
