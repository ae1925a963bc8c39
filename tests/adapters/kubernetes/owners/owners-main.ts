/**
 * Actions that an owner would take back, as many as are asked for (and among them some that last), on a real API server with
 * owners that reconcile, and what became of them as JSON. Ends with code 1 when one was done blindly or told as fixed.
 *
 *   npm run owners                                     100 of them
 *   npm run owners -- --count 500 --seed 2 --at-once 24 --json owners.json
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { components } from '../../../support/components/index.ts';
import type { KubernetesInfo } from '../../../support/components/kubernetes.ts';
import { ownerCases } from './cases.ts';
import { type Judged, namespacesFor, owners } from './owners.ts';
import { summaryOf } from './summary.ts';
import { openWorld } from './world.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    'at-once': { type: 'string', default: '24' },
    json: { type: 'string' },
  },
});
const [count, seed, atOnce] = [Number(values.count), Number(values.seed), Number(values['at-once'])];
if (![count, atOnce].every((one) => Number.isSafeInteger(one) && one > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write('--count and --at-once are whole numbers from 1, --seed is a whole number.\n');
  process.exit(2);
}

const cases = ownerCases(count, seed);
const started = performance.now();
const { info, stop } = await components.kubernetes.start();
const world = await openWorld(info as KubernetesInfo, namespacesFor(atOnce));
let judged: readonly Judged[];
let done = 0;
try {
  judged = await owners(world, { cases, atOnce }, (one) => {
    done += 1;
    if (one.blindly || one.toldAsFixed) process.stderr.write(`${JSON.stringify(one)}\n`);
    if (done % 50 === 0) process.stderr.write(`${done} of ${cases.length}\n`);
  });
} finally {
  await world.close();
  await stop();
}
const summary = summaryOf(judged);
const seconds = Math.round((performance.now() - started) / 1_000);
const result = { owners: 'kubernetes', count, seed, atOnce, ...summary, seconds };
console.log(JSON.stringify(result, null, 2));
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ ...result, cases: judged }, null, 2)}\n`);
if (summary.blindly > 0 || summary.toldAsFixed > 0) process.exitCode = 1;
