// A whole Sentinel on a real broker: telemetry becomes an incident, alerts open and clear one, and a process killed
// between the start of the incident and the commit leaves exactly one.

import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeWith } from '../support/component.ts';
import type { KafkaInfo } from '../support/components/kafka.ts';
import { type KafkaSide, kafkaSide } from '../support/kafka.ts';
import { temporaryFolder } from './support/folder.ts';
import { newAdminKey, type Sentinel, type Settings, serverSettings, startUp } from './support/sentinel.ts';
import { eventually } from './support/wait.ts';

const key = 'test/orders';
const record = (value: unknown) => ({ key, value: JSON.stringify(value) });

/** One second of calls of two replicas, as an exporter of traces would send them. */
function second(secondMs: number, failingShare: number): unknown[] {
  return ['orders-1', 'orders-2'].flatMap((resourceId) =>
    Array.from({ length: 10 }, (_, index) => ({
      kind: 'span',
      environment: 'test',
      service: 'orders',
      resourceId,
      traceId: randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      spanKind: 'server',
      name: 'GET /orders',
      start: secondMs + index * 90,
      durationMs: 40 + (index % 5),
      error: index < failingShare * 10,
      release: 'r2',
    })),
  );
}

await describeWith<KafkaInfo>('kafka', 'Kafka', ({ broker }) => {
  const adminKey = newAdminKey();
  let side: KafkaSide;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let settings: Settings;
  let sentinel: Sentinel;

  beforeEach(async () => {
    side = await kafkaSide(broker);
    folder = await temporaryFolder('kafka');
    settings = {
      ...(await serverSettings()),
      kafka: {
        brokers: [broker],
        groupId: side.groupId,
        topics: { ...side.topics, telemetry: [{ topic: side.otlpTopic, encoding: 'otlp_json' }] },
      },
      incident: { settle: '10s' },
    };
    sentinel = await startUp(folder.path, settings, { adminKey });
  });
  afterEach(async () => {
    await sentinel?.end();
    await side?.close();
    await folder?.remove();
  });

  const firstIncident = () =>
    eventually('an incident', async () => (await sentinel.admin.incidents())[0] ?? null, 90_000);
  const lag = (topic: string) => sentinel.metric('sentinel_kafka_lag', { topic });

  test('calls that begin to fail become an incident, and a killed process changes nothing about it', async () => {
    let stopping = false;
    let failingShare = 0;
    const sending = (async () => {
      // The past first: what a detector wants to have seen before it judges.
      const startMs = Math.floor(Date.now() / 1000) * 1000 - 60_000;
      for (let atMs = startMs; !stopping; atMs += 1_000) {
        while (!stopping && atMs + 1_000 > Date.now()) await pause(50);
        await side.send(side.topics.observations, [record(second(atMs, failingShare))]);
      }
    })();
    await eventually(
      'the past to be taken',
      async () =>
        (await sentinel.metric('sentinel_ingest_observations_total', { signal: 'kafka' })) > 60 * 20,
    );
    failingShare = 0.6;
    const incident = await firstIncident();
    expect(incident).toMatchObject({ service: 'orders' });
    // The incident runs; the offsets of what it was made of are not committed: seconds were open a moment ago.
    expect(await side.uncommitted(side.topics.observations)).toBeGreaterThan(0);
    const symptoms = async () =>
      (await sentinel.admin.timeline(incident.id))
        .filter(({ type }) => type === 'anomaly-observed')
        .map(({ anomaly }) => (anomaly as { id: string }).id);
    await eventually('its symptom', async () => (await symptoms()).length > 0);
    const before = await symptoms();
    sentinel.running.child.kill('SIGKILL');
    await sentinel.running.done;

    sentinel = await startUp(folder.path, settings, { adminKey });
    await eventually(
      'the topic to be worked through',
      async () => (await sentinel.metric('sentinel_kafka_records_total')) > 0,
    );
    await eventually(
      'the commit to move on',
      async () => (await side.uncommitted(side.topics.observations)) < 30,
    );
    stopping = true;
    await sending;
    expect((await sentinel.admin.incidents()).map(({ id }) => id)).toEqual([incident.id]);
    const after = await symptoms();
    expect(after.slice(0, before.length)).toEqual(before);
    expect(new Set(after).size).toBe(after.length);
    expect(await side.letters()).toEqual([]);
  });

  test('an alert opens an incident and its resolution clears it; poison on the way changes nothing', async () => {
    const alert = {
      kind: 'alert',
      id: 'a1',
      environment: 'test',
      service: 'orders',
      title: 'orders is slow',
    };
    const point = { timeUnixNano: `${Date.now()}000000`, asDouble: 3 };
    const metrics = [{ name: 'queue', gauge: { dataPoints: [point, { ...point, timeUnixNano: '1' }] } }];
    await side.send(side.otlpTopic, [
      { value: JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }) },
    ]);
    await side.send(side.topics.alerts, [{ key, value: 'hello' }, record(alert)]);
    const incident = await firstIncident();
    await side.send(side.topics.alerts, [record(alert), record({ ...alert, status: 'resolved' })]);
    const timeline = await eventually('the end of its symptom', async () => {
      const events = await sentinel.admin.timeline(incident.id);
      return events.some(({ type }) => type === 'anomaly-cleared') && events;
    });
    expect(timeline.filter(({ type }) => type === 'anomaly-observed')).toHaveLength(1);
    expect((await side.letters()).map(({ value }) => value)).toEqual(['hello']);
    const call = async (path: string, body?: object): Promise<Record<string, never>> => {
      const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
      const method = body === undefined ? 'GET' : 'POST';
      const init = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await fetch(`${sentinel.url}/api/v1/${path}`, { method, headers, ...init });
      return (await response.json()) as Record<string, never>;
    };
    // Brokers that are slow to answer are told of as such: asked again, they are not.
    const answered = (path: string, body?: object) =>
      eventually(path, async () => {
        const answer = await call(path, body);
        return 'status' in answer ? null : answer;
      });
    const { items: letters } = await answered('dead-letters?reason=not-json');
    const [letter] = letters as unknown as { id: string }[];
    expect(letter).toMatchObject({
      source: expect.stringMatching(`^${side.topics.alerts}/[01]/0$`),
      failures: 1,
    });
    expect(await answered(`dead-letters/${letter?.id}`)).toMatchObject({ text: 'hello', bytes: 5 });
    const ids = [letter?.id];
    await answered('dead-letters/replay', { ids, note: 'once' });
    expect(await answered('dead-letters/replay', { ids })).toMatchObject({
      items: [{ outcome: 'already-replayed' }],
    });
    await eventually('the letter of the replay', async () =>
      (await side.letters()).some(({ headers }) => headers['sentinel-failures'] === '2'),
    );
    const audit = await call(`audit?subject=dead-letter/${letter?.id}`);
    expect(audit.items).toContainEqual(
      expect.objectContaining({ action: 'dead-letter.replay', reason: 'once' }),
    );
    expect(await sentinel.metric('sentinel_kafka_dead_letters_total', { reason: 'not-json' })).toBe(2);
    const counted = (name: string) => sentinel.metric(`sentinel_ingest_${name}_total`, { signal: 'metrics' });
    await eventually('the point of the Collector', async () => (await counted('observations')) === 1);
    expect(await counted('rejected')).toBe(1);
    await eventually('the lag to be told', async () =>
      (await (await fetch(`${sentinel.url}/metrics`)).text()).includes(
        `sentinel_kafka_lag{topic="${side.topics.alerts}"`,
      ),
    );
    await eventually('the topic to be read to its end', async () => (await lag(side.topics.alerts)) === 0);

    await eventually('kafka to be well', async () => {
      const kafka = (await sentinel.health()).components.find(({ name }) => name === 'kafka');
      expect(kafka).toMatchObject({ ok: true, required: false });
      return true;
    });
    const { code } = await sentinel.stop();
    expect(code).toBe(0);
    expect(await side.uncommitted(side.topics.alerts)).toBe(0);
    expect(await side.members()).toBe(0);
  });

  test('killed between the durable inbox and the commit: the same record again is the same incident', async () => {
    const alert = { kind: 'alert', environment: 'test', service: 'orders', title: 'orders is slow' };
    await side.send(side.topics.alerts, [record(alert)]);
    // Without an id of its own: it has the one of its place in the topic.
    const incident = await firstIncident();
    sentinel.running.child.kill('SIGKILL');
    await sentinel.running.done;
    const committed = await side.uncommitted(side.topics.alerts);
    await side.rewind(side.topics.alerts);
    sentinel = await startUp(folder.path, settings, { adminKey });
    await eventually(
      'it to be read again',
      async () => (await sentinel.metric('sentinel_ingest_events_total', { outcome: 'duplicate' })) === 1,
    );
    expect(committed).toBeLessThanOrEqual(1);
    expect((await sentinel.admin.incidents()).map(({ id }) => id)).toEqual([incident.id]);
  });
});
