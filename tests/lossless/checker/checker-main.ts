/**
 * The checker, a program of its own: `checker-main.ts SETTINGS`, a JSON file. Reads the sender's log, the broker, the database (read only), the public
 * API and history, and prints the verdict as JSON. Ends with code 1 when an event was lost, doubled, or left without its end.
 */
import { readFileSync } from 'node:fs';
import { readAnswerLog } from '../answer-log.ts';
import {
  explainedOf,
  lettersOf,
  readingsOf,
  type Sources,
  settledOffsets,
  toldByApi,
  toldOf,
} from './evidence.ts';
import { type MemorySample, memoryOf } from './memory.ts';
import { verdictOf } from './verdict.ts';

export interface CheckerSettings extends Sources {
  readonly log: string;
  readonly memory: string;
  /** How long it may take until there is less to wait for than before. */
  readonly patienceMs: number;
}

const [file = ''] = process.argv.slice(2);
const settings = JSON.parse(readFileSync(file, 'utf8')) as CheckerSettings;
const { patienceMs } = settings;
const say = (line: string): void => void process.stderr.write(`checker: ${line}\n`);

const log = readAnswerLog(settings.log);
say(`${log.length} answers`);
const offsets = await settledOffsets(settings, patienceMs);
say('offsets are read');
const ids = [...new Set(log.filter(({ way }) => way !== 'reading').map(({ id }) => id))];
const explained = await explainedOf(settings, ids, patienceMs);
say(`${ids.length} events are explained`);
const asked = await toldByApi(settings, ids);
say(`explain was asked about ${asked.size}`);
const accepted = new Set(
  log.filter(({ way, answer }) => way === 'reading' && answer === 'accepted').map(({ id }) => id),
);
const readings = await readingsOf(settings, accepted.size, patienceMs);
say(`${readings.length} readings are in history`);
const letters = await lettersOf(settings);
say(`${letters.length} dead letters`);
const told = await toldOf(settings, explained, patienceMs);
say(`incidents were told ${told.length} findings`);
const memory = readFileSync(settings.memory, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as MemorySample);

const verdict = verdictOf({ log, explained, toldByApi: asked, letters, readings, offsets, told, memory });
console.log(
  JSON.stringify({ ...verdict, askedByApi: asked.size, told: told.length, memory: memoryOf(memory) }),
);
if (!verdict.ok) process.exitCode = 1;
