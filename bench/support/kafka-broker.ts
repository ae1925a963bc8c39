// A real Kafka broker (KRaft, one node) in a folder, from the archives that Maven Central has of it.

import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { withFolderLock } from '../../adapters/temporal-dev-server/folder-lock.ts';
import { freePorts, isListening } from '../../adapters/temporal-dev-server/ports.ts';
import { runWithProgress } from '../../adapters/temporal-dev-server/progress.ts';
import { startProcess, stopProcess, tailOf } from '../../adapters/temporal-dev-server/server-process.ts';

const version = '4.1.0';
const cacheDir = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sentinel');
const home = join(cacheDir, `kafka-${version}-tools`);
const readyMs = 60_000;

export type KafkaBroker = { readonly address: string; stop(): Promise<void> };

/** Makes sure the archives are on this machine; may take a minute once. Throws with what the user can do. */
export async function obtainKafka(report: (line: string) => void): Promise<void> {
  const run = promisify(execFile);
  await run('java', ['-version']).catch(() => {
    throw new Error('Kafka needs "java": install Java 17 or later');
  });
  if (existsSync(home)) return;
  await run('mvn', ['--version']).catch(() => {
    throw new Error('Kafka is fetched from Maven Central with "mvn": install Maven');
  });
  mkdirSync(cacheDir, { recursive: true });
  await withFolderLock(
    `${home}.lock`,
    () => report('Waiting for another process to get Kafka.'),
    async () => {
      if (!existsSync(home)) await fetchWithMaven(report);
    },
  );
}

async function fetchWithMaven(report: (line: string) => void): Promise<void> {
  report(`Fetching org.apache.kafka:kafka_2.13:${version} with Maven …`);
  const dir = mkdtempSync(join(dirname(home), '.kafka-'));
  try {
    writeFileSync(join(dir, 'pom.xml'), pom);
    const goal = ['dependency:copy-dependencies', '-DoutputDirectory=libs', '-DincludeScope=runtime'];
    const child = spawn('mvn', ['-B', '-ntp', '-q', ...goal], { cwd: dir, stdio: ['ignore', 2, 'pipe'] });
    const { ok, tail } = await runWithProgress(child, ({ seconds }) => `  Maven … ${seconds} s`, report);
    if (!ok) throw new Error(`Maven could not fetch Kafka: ${tail.join(' ')}`);
    renameSync(dir, home);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A listener beside the plain one: TLS with this certificate, and a login by PLAIN or SCRAM. */
export type SecureListener = {
  readonly port: number;
  readonly key: string;
  readonly cert: string;
  readonly username: string;
  readonly password: string;
};

/** Starts one on the data in `dir`, made if there is none; on the same `port` it is the broker of before. */
export async function startKafkaBroker(
  dir: string,
  port?: number,
  secure?: SecureListener,
): Promise<KafkaBroker> {
  const [free = 0, controller = 0] = await freePorts(2);
  const address = `127.0.0.1:${port ?? free}`;
  const properties = join(dir, 'server.properties');
  writeFileSync(properties, settings(dir, address, `127.0.0.1:${controller}`, secure));
  if (!existsSync(join(dir, 'data'))) {
    const format = ['format', '-t', 'c2VudGluZWwtdGVzdHMtMQ', '-c', properties];
    const users = secure === undefined ? [] : scramUsers(secure);
    await promisify(execFile)('java', javaArguments('kafka.tools.StorageTool', ...format, ...users));
  }
  const logFile = join(dir, 'kafka.log');
  const pid = await startProcess(['java', ...javaArguments('kafka.Kafka', properties)], logFile, 'attached');
  const deadline = performance.now() + readyMs;
  while (!(await isListening(address))) {
    if (performance.now() > deadline) {
      await stopProcess(pid);
      throw new Error(`Kafka is not ready: ${tailOf(logFile)}`);
    }
    await sleep(50);
  }
  return { address, stop: () => stopProcess(pid) };
}

/** Sends lines as Kafka's own console producer does, such as with `--compression-codec snappy`. */
export async function sendLines(
  address: string,
  topic: string,
  lines: readonly string[],
  ...options: readonly string[]
): Promise<void> {
  const main = 'org.apache.kafka.tools.ConsoleProducer';
  const to = ['--bootstrap-server', address, '--topic', topic, ...options];
  const run = promisify(execFile)('java', javaArguments(main, ...to));
  run.child.stdin?.end(lines.map((line) => `${line}\n`).join(''));
  await run;
}

function javaArguments(main: string, ...rest: readonly string[]): string[] {
  return [
    '-Xmx384m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-cp',
    join(home, 'libs', '*'),
    main,
    ...rest,
  ];
}

function settings(dir: string, address: string, controller: string, secure?: SecureListener): string {
  const more = secure === undefined ? '' : `,SECURE://127.0.0.1:${secure.port}`;
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${controller}`,
    listeners: `PLAINTEXT://${address},CONTROLLER://${controller}${more}`,
    'advertised.listeners': `PLAINTEXT://${address}${more}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(dir, 'data'),
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'num.partitions': 2,
    ...(secure === undefined ? {} : secureSettings(secure)),
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

const scramMechanisms = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];

function scramUsers({ username, password }: SecureListener): string[] {
  return scramMechanisms.flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${username},password="${password}"]`,
  ]);
}

function secureSettings({ key, cert, username, password }: SecureListener): Record<string, string> {
  const pem = (text: string): string => text.trim().replaceAll('\n', '\\n');
  const security = 'org.apache.kafka.common.security';
  const scram = scramMechanisms.map((mechanism) => [
    `listener.name.secure.${mechanism.toLowerCase()}.sasl.jaas.config`,
    `${security}.scram.ScramLoginModule required;`,
  ]);
  return {
    'sasl.enabled.mechanisms': ['PLAIN', ...scramMechanisms].join(','),
    'listener.name.secure.plain.sasl.jaas.config': `${security}.plain.PlainLoginModule required user_${username}="${password}";`,
    ...Object.fromEntries(scram),
    'listener.name.secure.ssl.keystore.type': 'PEM',
    'listener.name.secure.ssl.keystore.certificate.chain': pem(cert),
    'listener.name.secure.ssl.keystore.key': pem(key),
  };
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>sentinel</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>${version}</version>
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
    </dependency>
  </dependencies>
</project>
`;
