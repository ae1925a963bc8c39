/** Everything there is: a broker, Postgres, Temporal, ClickHouse's engine behind its HTTP interface, four Sentinels, links between them. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { connect } from '../../../adapters/clickhouse/connection.ts';
import { startHttpFront } from '../../../bench/support/clickhouse-front.ts';
import { type KafkaBroker, obtainKafka, startKafkaBroker } from '../../../bench/support/kafka-broker.ts';
import { startPostgres } from '../../../bench/support/postgres-server.ts';
import { startBenchTemporal } from '../../../bench/support/temporal-server.ts';
import { guard } from '../../../lab/guardian/guard.ts';
import { SentinelClient } from '../../../lab/run/client.ts';
import { environment } from '../plan/events.ts';
import {
  createSentinel,
  type ProcessName,
  portsOfSentinels,
  processNames,
  type SentinelOfRole,
} from './sentinels.ts';
import { startToxiproxy, type ToxicLink } from './toxiproxy.ts';

export interface Stage {
  readonly folder: string;
  readonly sentinels: Readonly<Record<ProcessName, SentinelOfRole>>;
  readonly links: {
    /** From each process to Postgres. */
    readonly postgres: Readonly<Record<ProcessName, ToxicLink>>;
    readonly clickhouse: ToxicLink;
    /** From the sender to each ingest. */
    readonly webhooks: readonly ToxicLink[];
  };
  readonly broker: { readonly address: string; stop(): Promise<void>; start(): Promise<void> };
  readonly kafka: Admin;
  readonly groupId: string;
  readonly topics: { readonly alerts: string; readonly observations: string; readonly deadLetters: string };
  /** Straight to Postgres, as its superuser. */
  readonly database: pg.Pool;
  readonly databaseUrl: string;
  readonly clickhouse: { readonly url: string; readonly database: string };
  readonly secret: string;
  /** Of one who may read. */
  readonly viewerKey: string;
  close(): Promise<void>;
}

export async function openStage(partitions: number, report: (line: string) => void): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-lossless-'));
  const release = guard(folder, 'remove');
  const closing: (() => unknown)[] = [
    () => {
      rmSync(folder, { recursive: true, force: true });
      release();
    },
  ];
  const close = async (): Promise<void> => {
    for (const one of closing.splice(0).reverse()) await one();
  };
  const later = <T extends { stop(): Promise<void> }>(server: T): T => {
    closing.push(() => server.stop());
    return server;
  };
  try {
    await obtainKafka(report);
    const toxiproxy = later(await startToxiproxy(folder, report));
    const postgres = later(await startPostgres());
    const temporal = later(await startBenchTemporal(folder));
    const brokerDir = join(folder, 'kafka');
    mkdirSync(brokerDir);
    let running: KafkaBroker = await startKafkaBroker(brokerDir);
    closing.push(() => running.stop());
    const { address } = running;
    const engine = await connect({ chdbPath: join(folder, 'clickhouse') });
    closing.push(() => engine.close());
    const front = await startHttpFront(engine);
    closing.push(() => front.close());

    const topics = { alerts: 'alerts', observations: 'observations', deadLetters: 'dead-letters' };
    const kafka = new Kafka({ brokers: [address], clientId: 'stage', logLevel: logLevel.NOTHING }).admin();
    await kafka.connect();
    closing.push(() => kafka.disconnect());
    await kafka.createTopics({
      waitForLeaders: true,
      topics: Object.values(topics).map((topic) => ({ topic, numPartitions: partitions })),
    });

    const at = ({ port }: { readonly port: number }): string => `127.0.0.1:${port}`;
    const clickhouse = await toxiproxy.link('clickhouse', new URL(front.url).host);
    const ports = await portsOfSentinels();
    const toPostgres = await of((name) => toxiproxy.link(`postgres-${name}`, new URL(postgres.url).host));
    const groupId = 'sentinel-lossless';
    const adminKey = `sntl_lossless_${randomBytes(32).toString('base64url')}`;
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const settings = {
      dataDir: 'data',
      temporal: { address: temporal.address, namespace: temporal.namespace },
      clickhouse: { url: `http://${at(clickhouse)}` },
      kafka: { brokers: [address], groupId, topics },
      ingest: { defaultEnvironment: environment },
      ownLag: { lowersAutonomy: false },
    };
    const sentinels = await of((name) => {
      const url = new URL(postgres.url);
      url.host = at(toPostgres[name]);
      url.searchParams.set('application_name', name);
      const env = {
        SENTINEL_POSTGRES_URL: url.href,
        SENTINEL_TEMPORAL_PAYLOAD_KEYS: `key1:${Buffer.alloc(32, 'k').toString('base64')}`,
        SENTINEL_STANDARD_WEBHOOK_SECRETS: secret,
        SENTINEL_ADMIN_KEY: adminKey,
      };
      return createSentinel(name, { folder, settings, env, port: ports[name] });
    });
    closing.push(async () => {
      for (const name of processNames) {
        sentinels[name].resume();
        await sentinels[name].kill();
      }
    });
    await Promise.all(processNames.map((name) => sentinels[name].start()));
    const database = new pg.Pool({ connectionString: postgres.url, max: 4 });
    closing.push(() => database.end());
    database.on('error', () => {});
    const admin = new SentinelClient(sentinels.api.url, adminKey);
    const webhooks = [
      await toxiproxy.link('webhooks-a', at(sentinels['ingest-a'])),
      await toxiproxy.link('webhooks-b', at(sentinels['ingest-b'])),
    ];
    return {
      ...{ folder, sentinels, kafka, groupId, topics, database, secret, close },
      links: { postgres: toPostgres, clickhouse, webhooks },
      broker: {
        address,
        stop: () => running.stop(),
        async start() {
          running = await startKafkaBroker(brokerDir, Number(address.split(':')[1]));
        },
      },
      clickhouse: { url: front.url, database: 'sentinel' },
      databaseUrl: postgres.url,
      viewerKey: await admin.createKey('the checker', 'viewer'),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function of<T>(make: (name: ProcessName) => Promise<T>): Promise<Readonly<Record<ProcessName, T>>> {
  return {
    api: await make('api'),
    worker: await make('worker'),
    'ingest-a': await make('ingest-a'),
    'ingest-b': await make('ingest-b'),
  };
}
