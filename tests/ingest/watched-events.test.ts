/** A watched system tells only what fires now; beginnings and ends are found, across restarts and outages of the inbox. */
import { expect, test } from 'vitest';
import type { AlertEvent, ChangeEvent } from '../../domain/observation.ts';
import type { RememberedAlert } from '../../ingest/events/occurrences.ts';
import { settleReports } from '../../ingest/events/occurrences.ts';
import type { InboxItem } from '../../ingest/ports.ts';
import { createWatchedEvents, overAfterMs } from '../../ingest/watched-events.ts';
import { MemoryMetrics, silentLog } from './support/memory.ts';

const environment = 'e';
const source = 'kubernetes/main';

function alert(id: string, severity: AlertEvent['severity'] = 'warning'): AlertEvent {
  const scope = { environment, service: 'orders' };
  return {
    kind: 'alert',
    id,
    status: 'firing',
    scope,
    atMs: 1_000,
    severity,
    title: id,
    source,
    attributes: {},
  };
}

const change: ChangeEvent = {
  ...{ kind: 'change', id: 'c1', type: 'release', environment, service: 'orders', atMs: 1 },
  ...{ summary: 'orders v1 → v2', attributes: {} },
};

/** An inbox that settles reports as the real one does; each start of `events` is a new process. */
function stage() {
  let alerts: ReadonlyMap<string, RememberedAlert> = new Map();
  const said: string[] = [];
  const state = { down: false, now: 0 };
  const metrics = new MemoryMetrics();
  const put = async (items: readonly InboxItem[]) => {
    if (state.down) throw new Error('the inbox is down');
    const settled = settleReports(items, alerts, state.now);
    alerts = settled.alerts;
    for (const item of settled.items)
      said.push(item.kind === 'change' ? item.change.id : `${item.anomaly.title} ${item.anomaly.state}`);
    return settled.items.length;
  };
  const firing = async (_: string, asked: string) => {
    if (state.down) throw new Error('the store is down');
    return [...alerts].flatMap(([key, one]) =>
      one.state === 'firing' && one.source === asked ? [{ key, anomaly: one.anomaly }] : [],
    );
  };
  const start = () =>
    createWatchedEvents({ inbox: { put }, firing: { firing }, wake: () => {}, metrics, log: silentLog });
  return { said, state, start, metrics };
}

test('an alert begins once, and is over when it has been away for a minute', async () => {
  const { said, state, start } = stage();
  const events = start();
  const tell = (alerts: readonly AlertEvent[]) => events.tell(environment, source, [], alerts, state.now);
  await tell([alert('crash')]);
  await tell([alert('crash')]);
  expect(said).toEqual(['crash firing']);
  await tell([]);
  state.now += overAfterMs - 1;
  await tell([]);
  await tell([alert('crash')]);
  state.now += overAfterMs;
  await tell([]);
  expect(said).toEqual(['crash firing']);
  state.now += overAfterMs;
  await tell([]);
  expect(said).toEqual(['crash firing', 'crash cleared']);
  state.now += 2 * overAfterMs;
  await tell([alert('crash')]);
  expect(said.at(-1)).toBe('crash firing');
});

test('what ended while nobody looked ends after the next start; what fires on is no news', async () => {
  const { said, state, start } = stage();
  await start().tell(environment, source, [], [alert('gone'), alert('stays')], state.now);
  const again = start();
  await again.tell(environment, source, [], [alert('stays')], state.now);
  state.now += overAfterMs;
  await again.tell(environment, source, [], [alert('stays')], state.now);
  expect(said).toEqual(['gone firing', 'stays firing', 'gone cleared']);
});

test('a system that tells no alerts ends none, and those of another source are not its own', async () => {
  const { said, state, start } = stage();
  await start().tell(environment, source, [], [alert('mine')], state.now);
  const other = start();
  await other.tell(environment, 'another', [], null, state.now);
  await other.tell(environment, 'another', [], [], state.now);
  state.now += overAfterMs;
  await other.tell(environment, 'another', [], [], state.now);
  expect(said).toEqual(['mine firing']);
});

test('nothing is lost while the inbox is away, and nothing is told twice', async () => {
  const { said, state, start } = stage();
  const events = start();
  await events.tell(environment, source, [], [], state.now);
  state.down = true;
  await events.tell(environment, source, [change], [alert('crash')], state.now);
  expect(said).toEqual([]);
  state.down = false;
  await events.tell(environment, source, [], [alert('crash')], state.now);
  await events.tell(environment, source, [], [alert('crash')], state.now);
  expect(said).toEqual(['c1', 'crash firing']);
});

test('of a storm the gravest are told, and what is known stays known', async () => {
  const { said, state, start, metrics } = stage();
  const events = start();
  await events.tell(environment, source, [], [alert('first')], state.now);
  const storm = Array.from({ length: 2_000 }, (_, at) => alert(`storm-${at}`));
  await events.tell(
    environment,
    source,
    [],
    [...storm, alert('grave', 'critical'), alert('first')],
    state.now,
  );
  state.now += overAfterMs;
  await events.tell(
    environment,
    source,
    [],
    [...storm, alert('grave', 'critical'), alert('first')],
    state.now,
  );
  expect(said).toHaveLength(1_000);
  expect(said).toContain('grave firing');
  expect(said).not.toContain('first cleared');
  expect(metrics.counts.get('sentinel_watched_events_dropped_total{too-many}')).toBeGreaterThan(0);
});
