// From a click in Slack to the start of the effect: the signed request over HTTP, the record, the workflow, the gate, the
// executor. The API is a process of its own; Temporal's dev server, Postgres, one worker, the mock executor. One incident
// after the other, so that nothing queues. Prints one JSON line.
//
// node bench/slack.ts [--clicks 20]

import { stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { actionIds } from '../adapters/slack/card-buttons.ts';
import { cardWith, click } from './support/approvals/people.ts';
import { startApprovalStage, until } from './support/approvals/stage.ts';
import { quantile } from './support/quantile.ts';

const { values } = parseArgs({ options: { clicks: { type: 'string', default: '20' } } });
const clicks = Number(values.clicks);
const stage = await startApprovalStage();
const { world, slack, url } = stage;
await stage.startApi();

const acknowledged: number[] = [];
const started: number[] = [];
const reference: number[] = [];
for (let index = 0; index < clicks; index += 1) {
  const incidentId = await world.open(index);
  await until('a card that asks', () => cardWith(slack, incidentId, actionIds.approve) !== null, 60_000);
  const value = cardWith(slack, incidentId, actionIds.approve)?.value ?? '';
  const beforeReference = performance.now();
  await (await fetch(`${url}/health`)).arrayBuffer();
  reference.push(performance.now() - beforeReference);
  const clickedAtMs = Date.now();
  const from = performance.now();
  const status = await click(url, slack, { actionId: actionIds.approve, value, user: 'U0ADA' });
  acknowledged.push(performance.now() - from);
  if (status !== 200) throw new Error(`the click was answered with status ${status}`);
  const environment = world.environmentOf(index);
  const effectOf = () => world.effects.find((effect) => effect.environment === environment);
  await until('the effect', () => effectOf() !== undefined, 60_000);
  started.push((effectOf()?.startedAtMs ?? clickedAtMs) - clickedAtMs);
  stderr.write(`${index + 1} of ${clicks}: ${started.at(-1)} ms\n`);
}
stdout.write(
  `${JSON.stringify({
    bench: 'slack',
    clicks,
    clickToEffectMs: figures(started),
    acknowledgedMs: figures(acknowledged),
    referenceMs: { what: 'GET /health of the same process', ...figures(reference) },
  })}\n`,
);
await stage.close();

function figures(all: readonly number[]): { p50: number; p95: number; max: number } {
  const at = (share: number): number => Math.round(quantile(all, share) * 10) / 10;
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}
