/** Every fault by its name. Each ends with everything healed and every process there again. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ToxicLink } from '../stage/toxiproxy.ts';
import type { Outcome, PlayFault } from './fault.ts';
import {
  afterCommit,
  apiAnswering,
  assignedNotDone,
  beforeCommit,
  letterNotCommitted,
  storedNotCommitted,
  workerInTransaction,
} from './kills.ts';
import type { FaultName } from './schedule.ts';

/** Past the session of a consumer, which is 15 seconds: the group shares out its partitions without it. */
const suspendedMs = 22_000;
const brokerAwayMs = 8_000;
const cutMs = 8_000;
const ambiguousMs = 6_000;
/** Another number of bytes each time, so that it is another part of the protocol in which the connection breaks. */
const longestAnswer = 400;
const breakEveryMs = 1_000;

export const faults: Readonly<Record<FaultName, PlayFault>> = {
  'kill-ingest-before-commit': beforeCommit,
  'kill-ingest-after-commit': afterCommit,
  'kill-ingest-stored-not-committed': storedNotCommitted,
  'kill-ingest-letter-not-committed': letterNotCommitted,
  'kill-ingest-assigned-not-done': assignedNotDone,
  'kill-worker-in-transaction': workerInTransaction,
  'kill-api-answering': apiAnswering,

  async 'suspend-ingest'({ stage: { sentinels, kafka, groupId } }) {
    sentinels['ingest-a'].suspend();
    await pause(suspendedMs);
    const { groups } = await kafka.describeGroups([groupId]);
    sentinels['ingest-a'].resume();
    return { reached: groups[0]?.members.length === 1 };
  },

  async 'stop-broker'({ stage: { broker } }) {
    await broker.stop();
    await pause(brokerAwayMs);
    await broker.start();
    return { reached: true };
  },

  'cut-postgres': ({ stage: { links } }) =>
    during(Object.values(links.postgres), (link) => link.cut(), cutMs),
  'stall-postgres': ({ stage: { links } }) =>
    during(Object.values(links.postgres), (link) => link.stallAnswers(), cutMs),
  'ambiguous-postgres': ({ stage: { links }, random }) => breaking(Object.values(links.postgres), random),
  'cut-clickhouse': ({ stage: { links } }) => during([links.clickhouse], (link) => link.cut(), cutMs),
  'ambiguous-clickhouse': ({ stage: { links }, random }) => breaking([links.clickhouse], random),
  'ambiguous-webhooks': ({ stage: { links }, random }) => breaking(links.webhooks, random),
};

async function during(
  links: readonly ToxicLink[],
  begin: (link: ToxicLink) => Promise<void>,
  lastsMs: number,
): Promise<Outcome> {
  for (const link of links) await begin(link);
  await pause(lastsMs);
  for (const link of links) await link.heal();
  return { reached: true };
}

async function breaking(links: readonly ToxicLink[], random: () => number): Promise<Outcome> {
  const untilMs = performance.now() + ambiguousMs;
  while (performance.now() < untilMs) {
    for (const link of links) await link.breakAnswersAfter(1 + Math.floor(random() * longestAnswer));
    await pause(breakEveryMs);
    for (const link of links) await link.heal();
  }
  return { reached: true };
}
