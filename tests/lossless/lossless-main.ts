/**
 * Whether anything that was accepted gets lost: real processes, a real broker and database, faults from a seeded schedule, a sender
 * and a checker that are programs of their own. Ends with code 1 when an event was lost, doubled, or left without its end.
 *
 *   npm run lossless                                        3,000 events, each fault once
 *   npm run lossless -- --seed 7 --webhooks 20000 --records 50000 --rounds 2 --json lossless.json
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { seededRandom, seedFor } from '../../lab/support/random.ts';
import type { CheckerSettings } from './checker/checker-main.ts';
import { faults } from './faults/faults.ts';
import { scheduleOf } from './faults/schedule.ts';
import type { SenderSettings } from './sender/sender-main.ts';
import { processNames } from './stage/sentinels.ts';
import { openStage, type Stage } from './stage/stage.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    webhooks: { type: 'string', default: '1000' },
    records: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '1' },
    /** For each fault, while which the traffic goes on. */
    'seconds-per-fault': { type: 'string', default: '15' },
    json: { type: 'string' },
    /** A folder that keeps the sender's log and what the processes said. */
    keep: { type: 'string' },
  },
});
const [seed, webhooks, records, rounds, secondsPerFault] = [
  values.seed,
  values.webhooks,
  values.records,
  values.rounds,
  values['seconds-per-fault'],
].map(Number) as [number, number, number, number, number];
const isWhole = (one: number, from: number): boolean => Number.isSafeInteger(one) && one >= from;
if (![webhooks, records, secondsPerFault].every((one) => isWhole(one, 1)) || !isWhole(rounds, 0)) {
  process.stderr.write(
    '--webhooks, --records and --seconds-per-fault are whole numbers from 1, --rounds (0: no faults) from 0.\n',
  );
  process.exit(2);
}

const partitions = 6;
/** Of the records: values on the topic of observations. */
const readings = Math.floor(records / 5);
const patienceMs = 180_000;
const sampleEveryMs = 1_000;
const say = (line: string): void => {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
};

const schedule = scheduleOf(seed, rounds);
say(
  `seed ${seed}: ${schedule.map(({ fault, after }) => `${fault} ${(after * 100).toFixed(1)} %`).join(', ')}`,
);

// Also while the stage opens: it is closed in order once it is there.
const interrupted = Promise.withResolvers<never>();
interrupted.promise.catch(() => {});
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => interrupted.reject(new Error(`${signal}: ended early`)));
const began = performance.now();
const stage = await openStage(partitions, say);
let failed: unknown = null;
try {
  process.exitCode = await Promise.race([run(stage), interrupted.promise]);
} catch (error) {
  failed = error;
  process.exitCode = 1;
} finally {
  if (values.keep !== undefined)
    for (const name of processNames)
      copyFileSync(join(stage.folder, name, 'sentinel.log'), join(values.keep, `${name}.log`));
  await stage.close();
}
if (failed !== null) console.error(failed);
process.exit();

async function run({ folder, sentinels, broker, topics, links, secret }: Stage): Promise<number> {
  const logFile = join(values.keep ?? folder, 'sender.jsonl');
  writeFileSync(logFile, '');
  const settings: SenderSettings = {
    ...{ seed, webhooks, records: records - readings, readings, partitions, topics, secret, log: logFile },
    urls: links.webhooks.map(({ port }) => `http://127.0.0.1:${port}`),
    broker: broker.address,
    perSecond: Math.max(20, (webhooks + records) / (Math.max(1, schedule.length) * secondsPerFault)),
  };
  const sender = startSender(settings, folder);
  const memoryFile = join(folder, 'memory.jsonl');
  const sampling = setInterval(() => {
    for (const name of processNames) {
      const { pid } = sentinels[name];
      const rssMb = rssMbOf(pid);
      if (rssMb > 0)
        appendFileSync(memoryFile, `${JSON.stringify({ atMs: Date.now(), name, pid, rssMb })}\n`);
    }
  }, sampleEveryMs);

  const played: object[] = [];
  const random = seededRandom(seedFor(seed, 'bytes'));
  const total = await sender.total;
  sender.allow((schedule[0]?.after ?? 1) * total);
  for (const [index, { fault, after }] of schedule.entries()) {
    while (sender.finished() < Math.floor(after * total)) await pause(50);
    sender.allow((schedule[index + 1]?.after ?? 1) * total);
    const fromMs = performance.now();
    const from = sender.finished();
    const { reached } = await faults[fault]({ stage, logFile, random });
    const seconds = Number(((performance.now() - fromMs) / 1_000).toFixed(1));
    played.push({ fault, after, reached, seconds, answered: sender.finished() - from });
    say(
      `${fault}: ${reached ? 'reached' : 'NOT REACHED'}, ${seconds} s, ${sender.finished()} of ${total} sent`,
    );
  }
  sender.allow(total);
  await sender.done;
  say('everything is sent; the checker looks');
  const verdict = await check(stage, logFile, memoryFile);
  clearInterval(sampling);

  const seconds = Math.round((performance.now() - began) / 1_000);
  const reached = played.filter((one) => 'reached' in one && one.reached === true).length;
  const { problems = [], ...rest } = verdict;
  const result = {
    ...{ lossless: 'sentinel', seed, webhooks, records, readings, partitions },
    ...{ ...rest, problemCount: problems.length, problems: problems.slice(0, 50) },
    ...{ faults: { played: played.length, reached, list: played }, seconds },
  };
  console.log(JSON.stringify(result, null, 2));
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ ...result, problems }, null, 2)}\n`);
  return verdict.ok && reached === played.length ? 0 : 1;
}

function startSender(settings: SenderSettings, folder: string) {
  const file = join(folder, 'sender.json');
  writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
  const program = fileURLToPath(new URL('./sender/sender-main.ts', import.meta.url));
  const child = spawn(process.execPath, [program, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const total = Promise.withResolvers<number>();
  let finished = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [done, all] = line.split('/').map(Number);
    finished = done ?? 0;
    total.resolve(all ?? 0);
  });
  const done = once(child, 'exit').then(([code]) => {
    if (code !== 0) throw new Error(`the sender ended with ${code}`);
  });
  done.catch(total.reject);
  return {
    total: total.promise,
    done,
    finished: (): number => {
      if (child.exitCode !== null && child.exitCode !== 0) throw new Error('the sender ended');
      return finished;
    },
    allow: (count: number): void => void child.stdin.write(`${Math.ceil(count)}\n`),
  };
}

interface Checked {
  readonly ok: boolean;
  readonly problems?: readonly unknown[];
}

async function check(
  { folder, sentinels, broker, groupId, topics, clickhouse, databaseUrl, viewerKey }: Stage,
  log: string,
  memory: string,
): Promise<Checked> {
  const settings: CheckerSettings = {
    ...{ log, memory, patienceMs, groupId, clickhouse, database: databaseUrl },
    ...{ api: sentinels.api.url, key: viewerKey, broker: broker.address },
    ...{ topics: [topics.alerts, topics.observations], deadLetters: topics.deadLetters },
  };
  const file = join(folder, 'checker.json');
  writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
  const program = fileURLToPath(new URL('./checker/checker-main.ts', import.meta.url));
  const said = await new Promise<string>((resolve, reject) => {
    const options = { maxBuffer: 2 ** 28 };
    const child = execFile(process.execPath, [program, file], options, (error, stdout) =>
      stdout === '' ? reject(error ?? new Error('the checker said nothing')) : resolve(stdout),
    );
    child.stderr?.pipe(process.stderr);
  });
  return JSON.parse(said) as Checked;
}

/** 0 where there is no /proc, and for a process that is gone. */
function rssMbOf(pid: number): number {
  try {
    const [, kilobytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Math.round(Number(kilobytes) / 1_024);
  } catch {
    return 0;
  }
}
