// The consumer group on a real broker, with workers over in-memory stores.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKafkaSource, type KafkaSource, type SourceOptions } from '../../../adapters/kafka/source.ts';
import { freePorts } from '../../../adapters/temporal-dev-server/ports.ts';
import { startKafkaBroker } from '../../../bench/support/kafka-broker.ts';
import { alertPartition } from '../../../ingest/kafka/alert-partition.ts';
import type { OpenWorker } from '../../../ingest/kafka/ports.ts';
import { recordSchemas } from '../../../ingest/kafka/schema.ts';
import { defaultLimits } from '../../../ingest/limits.ts';
import {
  MemoryClock,
  MemoryInbox,
  MemoryMetrics,
  MemoryReplays,
  silentLog,
} from '../../ingest/support/memory.ts';
import { eventually } from '../../integration/support/wait.ts';
import { ownCertificate } from '../../support/certificate.ts';
import { describeWith } from '../../support/component.ts';
import type { KafkaInfo } from '../../support/components/kafka.ts';
import { type KafkaSide, kafkaSide } from '../../support/kafka.ts';

const clock = { nowMs: () => Date.now() };
const alert = (id: string, more: object = {}) => ({
  kind: 'alert',
  id,
  environment: 'prod',
  service: 'orders',
  title: 'orders is slow',
  ...more,
});
const message = (key: string, value: unknown) => ({ key, value: JSON.stringify(value) });

/** One process of the group, with an inbox that may be shared. */
class Member {
  warnings = 0;
  ticks = 0;
  readonly metrics = new MemoryMetrics();
  readonly source: KafkaSource;
  readonly inbox: MemoryInbox;

  constructor(
    side: KafkaSide,
    broker: string,
    inbox = new MemoryInbox(new MemoryClock(0)),
    secure: Pick<SourceOptions, 'tls' | 'sasl'> = { tls: null, sasl: null },
  ) {
    const { metrics } = this;
    this.inbox = inbox;
    this.source = createKafkaSource(
      {
        brokers: [broker],
        clientId: 'sut',
        groupId: side.groupId,
        deadLetterTopic: side.topics.deadLetters,
        ...secure,
      },
      { log: { ...silentLog, warn: () => this.#warned() }, metrics },
    );
  }

  #warned(): void {
    this.warnings += 1;
  }
  worker(): OpenWorker {
    const open = alertPartition({
      schemas: recordSchemas(defaultLimits),
      limits: defaultLimits,
      defaultEnvironment: 'test',
      deadLetters: this.source.deadLetters,
      replays: new MemoryReplays(),
      inbox: this.inbox,
      wake: () => {},
      clock,
      metrics: this.metrics,
      log: silentLog,
    });
    return async (position, metadata) => ({
      ...(await open(position, metadata)),
      tick: async () => {
        this.ticks += 1;
      },
    });
  }
  get ids(): string[] {
    return [...this.inbox.stored.values()].map(({ item }) =>
      item.kind === 'change' ? item.change.id : item.anomaly.id,
    );
  }
}

await describeWith<KafkaInfo>('kafka', 'Kafka', ({ broker }) => {
  let side: KafkaSide;
  const cleanUps: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    side = await kafkaSide(broker);
    cleanUps.push(side.close);
  });
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  function member(options: { inbox?: MemoryInbox; address?: string } = {}): Member {
    const one = new Member(side, options.address ?? broker, options.inbox);
    one.source.start({ [side.topics.alerts]: one.worker() });
    cleanUps.push(() => one.source.stop());
    return one;
  }
  const allCommitted = async () => (await side.uncommitted(side.topics.alerts)) === 0;

  test('what was sent before anybody listened is taken, and committed when it is in the inbox', async () => {
    await side.send(side.topics.alerts, [
      message('prod/orders', alert('a1')),
      message('prod/orders', [alert('a2'), alert('a3')]),
    ]);
    const one = member();
    await eventually('three alerts', () => one.inbox.stored.size === 3);
    await eventually('the commit', allCommitted);
    expect(new Set(one.ids).size).toBe(3);
    await eventually('nothing to be wrong', () => one.source.problem() === null);
  });

  test.each([
    ['as many as it wants', 1_200, 1_200],
    ['a few hundred where it does not say', undefined, 500],
  ])('a worker takes %s at once', async (_, recordsAtOnce, most) => {
    const sent = Array.from({ length: 1_200 }, (__, index) => message('prod/orders', index));
    await side.send(side.topics.alerts, sent);
    const one = new Member(side, broker);
    const taken: number[] = [];
    one.source.start({
      [side.topics.alerts]: async () => ({
        ...(recordsAtOnce === undefined ? {} : { recordsAtOnce }),
        take: async ({ length }) => void taken.push(length),
        tick: async () => {},
        durable: () => null,
      }),
    });
    cleanUps.push(() => one.source.stop());
    await eventually('all of them', () => taken.reduce((sum, count) => sum + count, 0) === sent.length);
    expect(Math.max(...taken)).toBe(most);
  });

  test('while the inbox is away nothing is committed and nothing skipped', async () => {
    const inbox = new MemoryInbox(new MemoryClock(0));
    inbox.down = true;
    await side.send(side.topics.alerts, [message('prod/orders', alert('a1'))]);
    const one = member({ inbox });
    await eventually(
      'two attempts',
      () => (one.metrics.counts.get(`sentinel_kafka_retries_total{${side.topics.alerts}}`) ?? 0) >= 2,
    );
    expect(await side.uncommitted(side.topics.alerts)).toBe(1);
    inbox.down = false;
    await eventually('the alert', () => inbox.stored.size === 1);
    await eventually('the commit', allCommitted);
  });

  test('records that take long to store are no silence of the brokers; a store that is away is named', async () => {
    const inbox = new MemoryInbox(new MemoryClock(0));
    const put = inbox.put.bind(inbox);
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let held = false;
    inbox.put = async (items) => {
      held = true;
      await released;
      return put(items);
    };
    await side.send(side.topics.alerts, [message('prod/orders', alert('a1'))]);
    const one = member({ inbox });
    await eventually('it to be under way', () => held);
    // The consumer looks at its lag every tenth second of its own: between two looks it was ten seconds without a fetch.
    const problems = new Set<string | null>();
    for (const look of ['a look at the lag', 'the next one']) {
      one.metrics.gauges.clear();
      await eventually(look, () => {
        problems.add(one.source.problem());
        return one.metrics.gauges.size > 0;
      });
    }
    expect([...problems]).toEqual([null]);
    inbox.down = true;
    release();
    await eventually(
      'the reason',
      () => one.source.problem()?.endsWith('are waiting: the inbox is down') ?? false,
    );
    inbox.down = false;
    await eventually('the commit', allCommitted);
    await eventually('nothing to be wrong', () => one.source.problem() === null);
  });

  test('poison goes to the dead-letter topic as it was, with its reason and origin, and the rest goes on', async () => {
    const poison: [string | null, string][] = [
      ['{"kind": "alert"', 'not-json'],
      ['{"kind": "alert", "service": "orders"}', 'wrong-shape'],
      [JSON.stringify([alert('good'), { ...alert('bad'), severity: 'sev1' }]), 'wrong-shape'],
      [JSON.stringify(alert('old', { at: '2001-01-01T00:00:00Z' })), 'bad-time'],
      [null, 'empty'],
      ['['.repeat(100_000), 'not-json'],
    ];
    await side.send(side.topics.alerts, [
      ...poison.map(([value]) => ({ key: 'prod/orders', value })),
      message('prod/orders', alert('a1')),
    ]);
    const one = member();
    await eventually('the good one', () => one.inbox.stored.size === 1);
    await eventually('the commit', allCommitted);
    const letters = await side.letters();
    expect(letters.map(({ headers }) => headers['sentinel-reason'])).toEqual(
      poison.map(([, reason]) => reason),
    );
    // Text that is too long to be looked at for secrets is cut where looking stopped.
    const kept = (value: string | null) =>
      (value?.length ?? 0) > 16_384 ? ' [cut: too long to scan]' : value;
    expect(letters.map(({ value }) => value)).toEqual(poison.map(([value]) => kept(value)));
    const origins = letters.map(({ headers }) => Number(headers['sentinel-offset']));
    expect(origins).toEqual(poison.map((_, index) => index));
    expect(letters[2]).toMatchObject({
      key: 'prod/orders',
      headers: {
        'sentinel-topic': side.topics.alerts,
        'sentinel-detail': expect.stringContaining('[1].severity'),
      },
    });
  });

  test('two members share the partitions; when one goes the other takes over, and nothing is lost', async () => {
    const inbox = new MemoryInbox(new MemoryClock(0));
    const send = (from: number) =>
      side.send(
        side.topics.alerts,
        Array.from({ length: 40 }, (_, index) => message(`prod/service-${index}`, alert(`a${from + index}`))),
      );
    const one = member({ inbox });
    const two = member({ inbox });
    await eventually('both to have partitions', async () => (await side.settledMembers()) === 2);
    await send(0);
    await eventually('all', () => inbox.stored.size === 40);
    const read = (who: Member) =>
      who.metrics.counts.get(`sentinel_kafka_records_total{${side.topics.alerts}}`) ?? 0;
    expect(read(one)).toBeGreaterThan(0);
    expect(read(two)).toBeGreaterThan(0);
    await one.source.stop();
    await send(40);
    await eventually('the rest', () => inbox.stored.size === 80);
    await eventually('the commit', allCommitted);
    expect(await side.members()).toBe(1);
  });

  test('stopping finishes what is under way, commits it and leaves the group at once', async () => {
    const inbox = new MemoryInbox(new MemoryClock(0));
    const put = inbox.put.bind(inbox);
    let release = (): void => {};
    let held = false;
    inbox.put = async (items) => {
      held = true;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return put(items);
    };
    await side.send(side.topics.alerts, [message('prod/orders', alert('a1'))]);
    const one = member({ inbox });
    await eventually('it to be under way', () => held);
    const stopped = one.source.stop();
    release();
    await stopped;
    expect(inbox.stored.size).toBe(1);
    expect(await allCommitted()).toBe(true);
    expect(await side.members()).toBe(0);
  });

  test('over TLS with a login; without trust or with a wrong password nothing is read', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sentinel-kafka-secure-'));
    const [plainPort = 0, port = 0] = await freePorts(2);
    const login = { username: 'sentinel', password: 'only the two of us' };
    const { key, cert } = ownCertificate();
    const caFile = join(dir, 'ca.pem');
    writeFileSync(caFile, cert);
    const own = await startKafkaBroker(dir, plainPort, { port, key, cert, ...login });
    cleanUps.push(async () => {
      await own.stop();
      rmSync(dir, { recursive: true, force: true });
    });
    const operator = await kafkaSide(own.address, 1);
    await operator.send(operator.topics.alerts, [message('prod/orders', alert('a1'))]);
    const connect = (
      tls: SourceOptions['tls'],
      password: string,
      mechanism: NonNullable<SourceOptions['sasl']>['mechanism'] = 'plain',
    ) =>
      new Member(operator, `127.0.0.1:${port}`, undefined, {
        tls,
        sasl: { mechanism, username: login.username, password },
      });
    const strangers = [
      connect({}, login.password),
      connect({ caFile }, 'another'),
      connect({ caFile }, 'another', 'scram-sha-512'),
    ];
    for (const { source } of strangers) {
      expect(await source.knownServices([operator.topics.alerts])).toBeNull();
      await source.stop();
    }
    for (const mechanism of ['scram-sha-256', 'scram-sha-512'] as const) {
      const { source } = connect({ caFile }, login.password, mechanism);
      // On a busy machine one question may be over before the brokers have answered.
      await eventually('the services to be known', () => source.knownServices([operator.topics.alerts]));
      await source.stop();
    }
    const one = connect({ caFile }, login.password);
    one.source.start({ [operator.topics.alerts]: one.worker() });
    await eventually('the alert', () => one.inbox.stored.size === 1);
    await one.source.stop();
    await operator.close();
  });

  test('brokers that are away at the start are waited for, and so are those that restart', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sentinel-kafka-restart-'));
    const [port = 0] = await freePorts(1);
    const address = `127.0.0.1:${port}`;
    const one = new Member(side, address);
    expect(await one.source.knownServices([side.topics.observations])).toBeNull();
    one.source.start({ [side.topics.alerts]: one.worker() });
    cleanUps.push(() => one.source.stop());
    expect(one.source.problem()).not.toBeNull();

    let own = await startKafkaBroker(dir, port);
    cleanUps.push(async () => {
      await own.stop();
      rmSync(dir, { recursive: true, force: true });
    });
    const operator = await kafkaSide(address, 1);
    await operator.send(side.topics.alerts, [message('prod/orders', alert('a1'))]);
    await eventually('the first', () => one.inbox.stored.size === 1);
    await operator.close();
    await eventually('time to pass for its worker', () => one.ticks > 0);

    await own.stop();
    await eventually('its absence to be noticed', () => one.source.problem() !== null);
    const before = { ticks: one.ticks, warnings: one.warnings };
    await eventually('attempts to reach it', () => one.warnings > before.warnings + 3);
    // Else whoever cannot be heard would be taken for silent.
    expect(one.ticks).toBe(before.ticks);
    own = await startKafkaBroker(dir, port);
    const again = await kafkaSide(address, 1);
    await again.send(side.topics.alerts, [message('prod/orders', alert('a2'))]);
    await eventually('the second', () => one.inbox.stored.size === 2);
    await again.close();
    // Clean up the member before its broker.
    await one.source.stop();
  });
});
