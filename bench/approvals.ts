// Is every approval decided exactly once? Many incidents wait; the API is killed and started while they do. Then everybody
// clicks at once: each click three times, two people racing, some rejections; beside them stale, forged, old and replayed
// requests, and people whose role is too low; the API is killed once more in the middle. Prints one JSON line;
// `decisionsPerApproval` must be exactly 1, and so must effects per approved plan.
//
// node bench/approvals.ts [--incidents 200] [--kills 2]

import { stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { actionIds, readValue, writeValue } from '../adapters/slack/card-buttons.ts';
import { cardWith, click } from './support/approvals/people.ts';
import { startApprovalStage, until } from './support/approvals/stage.ts';
import type { Click } from './support/slack/interactions.ts';

const { values } = parseArgs({
  options: { incidents: { type: 'string', default: '200' }, kills: { type: 'string', default: '2' } },
});
const incidents = Number(values.incidents);
const kills = Number(values.kills);
const patienceMs = 600_000;
/** Incidents whose people click at the same time. */
const atOnce = 10;

const stage = await startApprovalStage();
const { world, slack, url } = stage;
await stage.startApi();
const say = (line: string): void => void stderr.write(`${line}\n`);

const from = performance.now();
const ids: string[] = [];
for (let index = 0; index < incidents; index += 1) ids.push(await world.open(index));
const waiting = (): number =>
  ids.filter((incidentId) => cardWith(slack, incidentId, actionIds.approve) !== null).length;
let killed = 0;
for (let kill = 0; kill < kills; kill += 1) {
  const share = Math.floor((incidents * (kill + 1)) / (kills + 1));
  await until(`${share} cards`, () => waiting() >= share, patienceMs);
  await stage.killApi();
  killed += 1;
  await stage.startApi();
}
await until('a card for every incident', () => waiting() === incidents, patienceMs);
const askedSeconds = (performance.now() - from) / 1_000;
say(`${incidents} approvals wait after ${Math.round(askedSeconds)} s and ${killed} kills`);

const statuses: Record<string, number> = {};
/** What the network did to a click is Slack's to tell the person, who clicks again. */
async function send(kind: string, what: Click, how?: Parameters<typeof click>[3]): Promise<number> {
  for (;;) {
    try {
      const status = await click(url, slack, what, how);
      const key = `${kind}:${status}`;
      statuses[key] = (statuses[key] ?? 0) + 1;
      return status;
    } catch {
      await until('the API', async () => (await fetch(`${url}/ready`)).ok, 60_000);
    }
  }
}

async function everybody(incidentId: string, index: number): Promise<void> {
  const value = cardWith(slack, incidentId, actionIds.approve)?.value ?? '';
  const own = readValue(value);
  if (own === null) throw new Error(`the card of ${incidentId} has no value`);
  const ada: Click = { actionId: actionIds.approve, value, user: 'U0ADA' };
  const bo: Click = { ...ada, user: 'U0BO' };
  const stale = writeValue({ ...own, planHash: '0'.repeat(64) });
  await Promise.all([
    send('forged', ada, { secret: 'guessed' }),
    send('old', ada, { atMs: Date.now() - 400_000 }),
    send('future', ada, { atMs: Date.now() + 400_000 }),
    send('stale', { ...ada, value: stale }),
    send('viewer', { ...ada, user: 'U0EVE' }),
    send('unknown', { ...ada, user: 'U0STRANGER' }),
    ...[1, 2, 3].map(() => send('click', ada)),
    ...(index % 2 === 0 ? [1, 2, 3].map(() => send('race', bo)) : []),
  ]);
}

const clicking = performance.now();
const groups = Math.ceil(incidents / atOnce);
for (let group = 0; group < groups; group += 1) {
  const first = group * atOnce;
  const people = Promise.all(
    ids.slice(first, first + atOnce).map((incidentId, offset) => everybody(incidentId, first + offset)),
  );
  if (group === Math.floor(groups / 2)) {
    await stage.killApi();
    killed += 1;
    await stage.startApi();
  }
  await people;
}
const clickSeconds = (performance.now() - clicking) / 1_000;
say(`clicked for ${Math.round(clickSeconds)} s`);

const open = async (): Promise<number> => {
  const { items } = await world.stores.incidentReader.list({ open: true }, 1, null);
  return items.length;
};
await until('the end of every incident', async () => (await open()) === 0, patienceMs);

const decisions: number[] = [];
const recorded: number[] = [];
const effects: number[] = [];
const outcomes: Record<string, number> = {};
for (const [index, incidentId] of ids.entries()) {
  decisions.push(await world.decisionsOf(incidentId));
  const timeline = await world.stores.incidentReader.timeline(incidentId, 0, 1_000);
  recorded.push(timeline.filter(({ type }) => type === 'approval-recorded').length);
  const environment = world.environmentOf(index);
  effects.push(world.effects.filter((effect) => effect.environment === environment).length);
  const outcome = (await world.stores.incidentReader.get(incidentId))?.state.outcome ?? 'open';
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
}
stdout.write(
  `${JSON.stringify({
    bench: 'approvals',
    incidents,
    apiKills: killed,
    decisionsPerApproval: spread(decisions),
    decisionsHeardPerIncident: spread(recorded),
    effectsPerApproval: spread(effects),
    cardsPerIncident: slack.cards().length / incidents,
    outcomes,
    answers: statuses,
    secondsUntilAllAsked: Math.round(askedSeconds),
    secondsOfClicking: Math.round(clickSeconds),
  })}\n`,
);
await stage.close();
process.exitCode = [...decisions, ...effects].every((count) => count === 1) ? 0 : 1;

function spread(counts: readonly number[]): { min: number; max: number } {
  return { min: Math.min(...counts), max: Math.max(...counts) };
}
