/**
 * Thousands of effects under faults, as many as are asked for, and one line of JSON for each executor. Ends with code 1
 * when an effect happened twice, something was told that is not so, or nothing happened at all.
 *
 *   npm run matrix                          every executor, with as many effects as its vendor is quick
 *   npm run matrix -- mock docker           these
 *   npm run matrix -- --forward 200 --seed 7 --json matrix.json mock
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Component } from '../../../support/components/component.ts';
import type { DockerInfo } from '../../../support/components/docker.ts';
import { components } from '../../../support/components/index.ts';
import type { KubernetesInfo } from '../../../support/components/kubernetes.ts';
import type { MotoInfo } from '../../../support/components/moto.ts';
import { ec2Harness } from '../../aws/ec2/harness.ts';
import { ecsHarness, oneMore } from '../../aws/ecs/harness.ts';
import { dockerHarness } from '../../docker/harness.ts';
import { sandboxHarness } from '../../host/harness.ts';
import { kubernetesHarness } from '../../kubernetes/harness.ts';
import { labHarness } from '../../lab/harness.ts';
import { mockHarness } from '../../mock/harness.ts';
import type { MatrixHarness } from './harness.ts';
import { type Case, isSound, matrix } from './matrix.ts';

/** On a real server, which ends with the world. */
function on<Info>({ start }: Component, open: (info: Info) => Promise<MatrixHarness>) {
  return async (): Promise<MatrixHarness> => {
    const { info, stop } = await start();
    const harness = await open(info as Info);
    return {
      ...harness,
      async close() {
        await harness.close();
        await stop();
      },
    };
  };
}

type Member = {
  readonly open: () => Promise<MatrixHarness>;
  /** Forward effects when nobody says how many. */
  readonly forward: number;
};

/** Real engines take seconds for an effect: of each a planned sample, in which every fault comes first at least twice. */
const executors: Readonly<Record<string, Member>> = {
  mock: { open: () => mockHarness(0), forward: 300 },
  'mock-slow': { open: () => mockHarness(300), forward: 300 },
  'aws-ecs': { open: () => ecsHarness(oneMore), forward: 300 },
  'aws-ec2': { open: on<MotoInfo>(components.moto, ({ url }) => ec2Harness(url)), forward: 300 },
  host: { open: sandboxHarness, forward: 300 },
  lab: { open: labHarness, forward: 40 },
  docker: { open: on<DockerInfo>(components.docker, (info) => dockerHarness(info)), forward: 40 },
  kubernetes: { open: on<KubernetesInfo>(components.kubernetes, kubernetesHarness), forward: 40 },
};

const { values, positionals } = parseArgs({
  options: {
    forward: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => executors[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(
    `There is no executor ${unknown.join(', ')}. Known: ${Object.keys(executors).join(', ')}.\n`,
  );
  process.exit(2);
}
const [asked, seed] = [Number(values.forward ?? 1), Number(values.seed)];
if (!Number.isSafeInteger(asked) || asked < 1 || !Number.isSafeInteger(seed)) {
  process.stderr.write('--forward is a whole number of effects from 1, --seed a whole number.\n');
  process.exit(2);
}
const results: object[] = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(executors)) await run(name);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);

async function run(name: string): Promise<void> {
  const started = performance.now();
  const member = executors[name];
  if (member === undefined) return;
  const wanted = { forward: values.forward === undefined ? member.forward : asked, seed };
  const harness = await member.open();
  let cases: readonly Case[];
  try {
    cases = await matrix(harness, wanted, (one) => {
      if (one.effects > 1 || one.lie !== null) process.stderr.write(`${name}: ${JSON.stringify(one)}\n`);
    });
  } finally {
    await harness.close();
  }
  const seconds = Math.round((performance.now() - started) / 1_000);
  const result = { matrix: name, ...wanted, ...summaryOf(cases), seconds };
  results.push(result);
  console.log(JSON.stringify(result));
  if (!isSound(cases)) process.exitCode = 1;
}

function summaryOf(cases: readonly Case[]) {
  const doubles = cases.filter(({ effects }) => effects > 1).length;
  const lies = cases.filter(({ lie }) => lie !== null).length;
  const effects = cases.reduce((sum, one) => sum + one.effects, 0);
  const byTold = counted(cases.map(({ told }) => told.split(':')[0] ?? ''));
  const byAction = counted(cases.map(({ action }) => action));
  const byFault = counted(cases.flatMap((one) => [...new Set(one.faults)]));
  return { cases: cases.length, effects, doubles, lies, byTold, byAction, byFault };
}

function counted(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
