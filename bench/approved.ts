// How soon does a granted plan begin? One incident after the other waits for an approval while nothing else goes on; a person
// clicks in Slack, and the clock runs until the executor is called. Beside it, as the reference of this machine, the same
// number of empty round trips to the API that takes the click. Prints one JSON line.
//
// node bench/approved.ts [--incidents 30]

import { stdout } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { actionIds } from '../adapters/slack/card-buttons.ts';
import { cardWith, click } from './support/approvals/people.ts';
import { startApprovalStage, until } from './support/approvals/stage.ts';
import { quantile } from './support/quantile.ts';

const { values } = parseArgs({ options: { incidents: { type: 'string', default: '30' } } });
const incidents = Number(values.incidents);
const patienceMs = 120_000;
/** What the incident still records about having asked is over by then. */
const idleMs = 1_500;

const stage = await startApprovalStage();
const { world, slack, url } = stage;
await stage.startApi();

const begun: number[] = [];
const roundTrips: number[] = [];
for (let index = 0; index < incidents; index += 1) {
  const incidentId = await world.open(index);
  await until('a card', () => cardWith(slack, incidentId, actionIds.approve) !== null, patienceMs);
  await sleep(idleMs);
  const value = cardWith(slack, incidentId, actionIds.approve)?.value ?? '';
  const environment = world.environmentOf(index);
  const effectOf = () => world.effects.find((effect) => effect.environment === environment);

  const askedMs = performance.now();
  await (await fetch(`${url}/health`)).arrayBuffer();
  roundTrips.push(performance.now() - askedMs);

  const clickedAtMs = Date.now();
  const status = await click(url, slack, { actionId: actionIds.approve, value, user: 'U0ADA' });
  if (status !== 200) throw new Error(`the click was answered with ${status}`);
  await until('the effect', () => effectOf() !== undefined, patienceMs);
  begun.push((effectOf()?.startedAtMs ?? 0) - clickedAtMs);
}
await stage.close();

const referenceMs = quantile(roundTrips, 0.5);
const medianMs = quantile(begun, 0.5);
stdout.write(
  `${JSON.stringify({
    bench: 'approved',
    incidents,
    approvalToBegunMs: { p50: medianMs, p90: quantile(begun, 0.9), max: Math.max(...begun) },
    reference: { what: 'GET /health of the same process', p50Ms: Math.round(referenceMs * 10) / 10 },
    ratio: Math.round(medianMs / Math.max(0.1, referenceMs)),
  })}\n`,
);
process.exit();
