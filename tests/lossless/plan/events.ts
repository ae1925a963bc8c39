/** What is sent, all of it made from a seed: good events, some of them twice, and what nobody can use, one to ten. */
import { type Random, seededRandom, seedFor } from '../../../lab/support/random.ts';
import { hostileRecord, hostileWebhook } from './hostile.ts';

export const environment = 'lossless';

export type Way = 'webhook' | 'record' | 'reading';
/** `repeat`: the same as before, sent once more. */
export type Sort = 'good' | 'repeat' | 'hostile';

export interface PlannedEvent {
  /** Its number within its way. */
  readonly n: number;
  readonly way: Way;
  readonly sort: Sort;
  /** Unique among events; an alert and its end have the same. What is hostile has one too, which Sentinel need not see. */
  readonly id: string;
  /** Of an alert; null for everything else. */
  readonly state: 'firing' | 'cleared' | null;
  readonly body: Buffer;
  /** Of webhooks that are hostile by how they are sent. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of records. */
  readonly partition: number;
}

export interface PlanSize {
  readonly seed: number;
  readonly webhooks: number;
  /** Events on the topic of alerts. */
  readonly records: number;
  /** Measured values on the topic of observations. */
  readonly readings: number;
  readonly partitions: number;
}

const services = 200;
const repeatShare = 0.05;
const endShare = 0.1;
/** A beginning that is sent twice, because its answer was lost, is never sent after its end: that would be another alert. */
const endAfter = 60;
const hostileEvery = 11;
const troubles = [
  'answers slowly',
  'refuses connections',
  'returns errors',
  'runs out of disk',
  'loses packets',
  'is behind its queue',
  'restarts again and again',
  'misses its backup',
] as const;

/** The webhooks, in the order in which they are sent. */
export function webhooksOf({ seed, webhooks }: PlanSize): readonly PlannedEvent[] {
  return eventsOf('webhook', seed, webhooks, 0);
}

/** The same for the records of one partition. */
export function recordsOf(
  { seed, records, partitions }: PlanSize,
  partition: number,
): readonly PlannedEvent[] {
  return eventsOf('record', seed, share(records, partitions, partition), partition);
}

/** Values of the meters of one partition; what is measured is the number of the reading, so that each is another one. */
export function readingsOf(
  { readings, partitions }: PlanSize,
  partition: number,
): readonly Pick<PlannedEvent, 'n' | 'id' | 'partition'>[] {
  return Array.from({ length: share(readings, partitions, partition) }, (_, index) => ({
    n: index,
    id: `reading-${partition}-${index}`,
    partition,
  }));
}

const share = (all: number, parts: number, part: number): number =>
  Math.floor(all / parts) + (part < all % parts ? 1 : 0);

function eventsOf(way: 'webhook' | 'record', seed: number, count: number, partition: number): PlannedEvent[] {
  const random = seededRandom(seedFor(seed, `${way}/${partition}`));
  const events: PlannedEvent[] = [];
  const firing: {
    readonly id: string;
    readonly service: string;
    readonly title: string;
    readonly index: number;
  }[] = [];
  const add = (event: Omit<PlannedEvent, 'n' | 'way' | 'partition'>): void => {
    events.push({ n: events.length, way, partition, ...event });
    if (events.length % hostileEvery === hostileEvery - 1) addHostile();
  };
  const addHostile = (): void => {
    const made = way === 'webhook' ? hostileWebhook(random) : hostileRecord(random);
    const id = `hostile-${way}-${partition}-${events.length}`;
    events.push({ n: events.length, way, partition, sort: 'hostile', id, state: null, ...made(id) });
  };
  for (let index = 0; index < count; index += 1) {
    const oldest = firing[0];
    const isOver = oldest !== undefined && index - oldest.index > endAfter && random() < endShare;
    const ended = isOver ? firing.shift() : undefined;
    if (ended !== undefined) {
      add({ sort: 'good', id: ended.id, state: 'cleared', body: wire(way, alertOf(ended, 'resolved')) });
      continue;
    }
    const id = `${way}-${partition}-${index}`;
    const service = `service-${Math.floor(random() * services)}`;
    if (random() < 0.2) {
      const change = {
        kind: 'change',
        id,
        type: 'deployment',
        environment,
        service,
        summary: `release ${index}`,
      };
      add({ sort: 'good', id, state: null, body: wire(way, change) });
    } else {
      const trouble = troubles[Math.floor(random() * troubles.length)] ?? troubles[0];
      const alert = { id, service, title: `${service} ${trouble}`, index };
      firing.push(alert);
      add({
        sort: 'good',
        id,
        state: 'firing',
        body: wire(way, alertOf(alert, 'firing', severityOf(random))),
      });
    }
    const last = events.findLast(({ sort }) => sort === 'good');
    if (last !== undefined && random() < repeatShare) add({ ...last, sort: 'repeat' });
  }
  return events.map((event, n) => ({ ...event, n, way, partition }));
}

function severityOf(random: Random): string {
  const chance = random();
  if (chance < 0.15) return 'info';
  return chance < 0.3 ? 'critical' : 'warning';
}

function alertOf(
  { id, service, title }: { readonly id: string; readonly service: string; readonly title: string },
  status: 'firing' | 'resolved',
  severity = 'warning',
): object {
  return { kind: 'alert', id, status, environment, service, severity, title };
}

function wire(way: 'webhook' | 'record', event: object): Buffer {
  return Buffer.from(JSON.stringify(way === 'webhook' ? { type: 'event', data: event } : event));
}
