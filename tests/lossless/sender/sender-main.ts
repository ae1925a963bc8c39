/**
 * The sender, a program of its own: `sender-main.ts SETTINGS`, a JSON file. Sends everything that the seed says until each event has its
 * final answer, and logs every answer before it goes on. A line `N` on standard input allows it to send N in all; it
 * says on standard output how many are through.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openAnswerLog } from '../answer-log.ts';
import { environment, type PlanSize, readingsOf, recordsOf, webhooksOf } from '../plan/events.ts';
import { createPace, type Pace } from './pace.ts';
import { connectProducer, type OutgoingRecord, sendRecords } from './records.ts';
import { sendWebhooks } from './webhooks.ts';

export interface SenderSettings extends PlanSize {
  readonly urls: readonly string[];
  readonly secret: string;
  readonly broker: string;
  readonly topics: { readonly alerts: string; readonly observations: string };
  readonly log: string;
  readonly perSecond: number;
}

const [file = ''] = process.argv.slice(2);
const settings = JSON.parse(readFileSync(file, 'utf8')) as SenderSettings;
const { broker, topics, partitions } = settings;
const webhookLanes = 16;
const recordsAtOnce = 20;
const tellEveryMs = 100;

const webhooks = webhooksOf(settings);
const every = Array.from({ length: partitions }, (_, partition) => partition);
const records = every.map((partition) => recordsOf(settings, partition));
const readings = every.map((partition) => readingsOf(settings, partition));
const counts = [webhooks.length, records.flat().length, readings.flat().length];
const sent = counts.reduce((sum, count) => sum + count, 0);

const log = await openAnswerLog(settings.log);
// Each way to its end at the same time, however fast it is answered: every fault finds all of them under way.
const shares = counts.map((count) => count / sent);
const paces = shares.map((share) => createPace(settings.perSecond * share));
const [paceOfWebhooks, paceOfRecords, paceOfReadings] = paces as [Pace, Pace, Pace];
const finished = (): number => paces.reduce((sum, pace) => sum + pace.finished, 0);
const commands = createInterface({ input: process.stdin });
commands.on('line', (line) => {
  for (const [index, pace] of paces.entries()) pace.allow(Math.ceil(Number(line) * (shares[index] ?? 0)));
});
// Whoever plays the faults is gone.
process.stdin.once('end', () => process.exit(1));
const telling = setInterval(() => process.stdout.write(`${finished()}/${sent}\n`), tellEveryMs);
process.stdout.write(`0/${sent}\n`);

/** No meter says two things in one second. */
const metersPerPartition = 500;
const reading = (n: number, id: string, partition: number): OutgoingRecord => ({
  ...{ id, state: null, way: 'reading', sort: 'good', key: `${environment}/meters-${partition}` },
  value: () =>
    Buffer.from(
      JSON.stringify({
        ...{ kind: 'gauge', environment, service: `meters-${partition}`, resourceId: 'meter' },
        ...{ metric: `meter.${n % metersPerPartition}`, unit: '1', at: Date.now(), value: n },
      }),
    ),
});

const producer = await connectProducer(broker);
const lane = { log, atOnce: recordsAtOnce };
await Promise.all([
  sendWebhooks(webhooks, { ...settings, log, pace: paceOfWebhooks, lanes: webhookLanes }),
  ...records.map((own, partition) => {
    const outgoing = own.map(
      (event): OutgoingRecord => ({ ...event, key: `${partition}`, value: () => event.body }),
    );
    return sendRecords(
      producer,
      { topic: topics.alerts, partition, records: outgoing },
      { ...lane, pace: paceOfRecords },
    );
  }),
  ...readings.map((own, partition) => {
    const outgoing = own.map(({ n, id }) => reading(n, id, partition));
    return sendRecords(
      producer,
      { topic: topics.observations, partition, records: outgoing },
      { ...lane, pace: paceOfReadings },
    );
  }),
]);
await log.write([{ sent }]);
clearInterval(telling);
process.stdout.write(`${sent}/${sent}\n`);
await producer.disconnect();
await log.close();
commands.close();
process.stdin.destroy();
