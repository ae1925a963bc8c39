// How well and how fast the deterministic diagnosis judges, on simulated systems it is not told about: every kind of
// fault at every service of every shape, with noise. With an interval, as senders that report that seldom would tell of it: their
// metrics only, or the calls, too. `early`: before most of them have reported since the onset. Prints one JSON line.
//
// node bench/diagnosis.ts [--seeds 3] [--interval 60 [--of metrics|all] [--early]]

import { parseArgs } from 'node:util';
import { diagnose } from '../domain/diagnosis/diagnose.ts';
import { makePlan } from '../domain/remediation/planner.ts';
import { defaultRunbook } from '../domain/remediation/runbook.ts';
import { coarser, stretched } from './support/coarser.ts';
import { casesFor } from './support/simulated-cases.ts';
import { simulate } from './support/simulated-system.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1' },
    interval: { type: 'string', default: '1' },
    of: { type: 'string', default: 'all' },
    early: { type: 'boolean', default: false },
  },
});
const interval = Number(values.interval);
const of = values.of === 'metrics' ? 'metrics' : 'all';
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);

const quality = {
  cases: 0,
  top1: 0,
  top3: 0,
  needAction: 0,
  rightAction: 0,
  needNone: 0,
  actionsWhereNoneIsRight: 0,
  wrongActions: 0,
};
const wrong: string[] = [];
for (const one of seeds.flatMap(casesFor)) {
  const { name, world, truth } = stretched(one, interval, of, values.early);
  const input = coarser(simulate({ ...world, stalls: 0.04 }), interval, of);
  const { diagnosis } = diagnose(input, []);
  const planned = makePlan({
    incidentId: 'bench',
    attempt: 1,
    diagnosis,
    targets: input.targets,
    resources: [],
    tried: [],
    runbook: defaultRunbook,
    blastSet: new Set(input.targets.map(({ target }) => target.service)),
  });
  const isTruth = diagnosis.hypotheses.map(
    ({ cause, scope }) => cause === truth.cause && scope.service === truth.service,
  );
  const step = planned.kind === 'plan' ? planned.plan.steps[0] : undefined;
  const right = step?.target.service === truth.service && truth.fixedBy.includes(step.action);
  quality.cases += 1;
  quality.top1 += isTruth[0] === true ? 1 : 0;
  quality.top3 += isTruth.slice(0, 3).includes(true) ? 1 : 0;
  if (truth.fixedBy.length > 0) {
    quality.needAction += 1;
    quality.rightAction += right ? 1 : 0;
    quality.wrongActions += !right && step !== undefined ? 1 : 0;
  } else {
    quality.needNone += 1;
    quality.actionsWhereNoneIsRight += step === undefined ? 0 : 1;
  }
  if (isTruth[0] !== true) wrong.push(name);
}

/** Ten services in a row, two replicas each, five minutes of seconds. */
function large() {
  const services = Array.from({ length: 10 }, (_, index) => ({
    name: `service-${index}`,
    replicas: 2,
    selfMs: 10,
    calls: index < 9 ? [`service-${index + 1}`] : [],
    outside: `outside-${index}.example`,
  }));
  return simulate({
    services,
    entry: 'service-0',
    requestsPerSecond: 10,
    faults: [{ kind: 'errors', service: 'service-6', rate: 0.3 }],
    seed: 1,
    warmUpSeconds: 290,
    afterSeconds: 10,
  });
}

const input = large();
const runs = 20;
for (let run = 0; run < 5; run += 1) diagnose(input, []);
const wallFrom = performance.now();
const cpuFrom = process.cpuUsage();
for (let run = 0; run < runs; run += 1) diagnose(input, []);
const cpu = process.cpuUsage(cpuFrom);

const speed = {
  callBuckets: input.calls.length,
  metricBuckets: input.metrics.length,
  wallMs: Number(((performance.now() - wallFrom) / runs).toFixed(1)),
  cpuMs: Number(((cpu.user + cpu.system) / 1000 / runs).toFixed(1)),
};
process.stdout.write(
  `${JSON.stringify({ bench: 'diagnosis', interval, of, early: values.early, quality, wrong, speed })}\n`,
);
