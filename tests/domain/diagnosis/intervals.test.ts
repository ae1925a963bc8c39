import { describe, expect, it } from 'vitest';
import { type Coarsened, coarser, stretched } from '../../../bench/support/coarser.ts';
import { casesFor } from '../../../bench/support/simulated-cases.ts';
import { simulate } from '../../../bench/support/simulated-system.ts';
import { diagnose } from '../../../domain/diagnosis/diagnose.ts';
import { makePlan } from '../../../domain/remediation/planner.ts';
import { defaultRunbook } from '../../../domain/remediation/runbook.ts';

const chain = casesFor(1).filter(({ name }) => name.endsWith('at orders (chain)'));

/** What is concluded from the story told in an interval, and what would be done. */
function judged(one: (typeof chain)[number], seconds: number, of: Coarsened, early = false) {
  const { world } = stretched(one, seconds, of, early);
  const input = coarser(simulate({ ...world, stalls: 0.04 }), seconds, of);
  const { diagnosis } = diagnose(input, []);
  const planned = makePlan({
    ...{ incidentId: 'i', attempt: 1, diagnosis, targets: input.targets, resources: [], tried: [] },
    runbook: defaultRunbook,
    blastSet: new Set(input.targets.map(({ target }) => target.service)),
  });
  const best = diagnosis.hypotheses[0];
  const step = planned.kind === 'plan' ? planned.plan.steps[0] : undefined;
  return {
    cause: `${best?.cause} at ${best?.scope.service}`,
    action: step === undefined ? 'none' : `${step.action} ${step.target.service}`,
    reason: diagnosis.reason,
    awaitedForMs: diagnosis.awaits === undefined ? null : diagnosis.awaits.dueMs - input.nowMs,
  };
}

/** Seconds of trouble in one long sample are too little to name it. */
const mayStayOpen = ['transient errors', 'transient slowness', 'telemetry gap of one'];

/** The longer the interval the longer the story: at the longest, what rests on windows, trends and counters. */
const all = /./;
const most =
  /^(crash|hang|memory leak|cpu burn of|slow dep|errors of|bad|disk full|traffic|telemetry gap at|transient e)/;
const onMetrics = /^(crash loop alone|memory leak, early|bad release that burns)/;
const few = /^(crash at|memory leak, early|bad release, errors)/;

describe.each([
  [15, 'all', all],
  [60, 'all', most],
  [60, 'metrics', onMetrics],
  [300, 'all', few],
] as const)('every %i s, %s', (seconds, of, kinds) => {
  const cases = chain.filter(({ name }) => kinds.test(name));
  it.each(cases.map((one) => [one.name, one] as const))('%s', (name, one) => {
    const { service, cause, fixedBy } = one.truth;
    const found = judged(one, seconds, of);
    const isShort = mayStayOpen.some((short) => name.startsWith(short));
    if (!isShort) expect(found.cause).toBe(`${cause} at ${service}`);
    expect(fixedBy.length === 0 ? ['none'] : fixedBy.map((action) => `${action} ${service}`)).toContain(
      found.action,
    );
  });
});

describe('before the metrics of the first minute have come', () => {
  it.each(chain.map((one) => [one.name, one] as const))('%s: nothing wrong is done', (_, one) => {
    const { service, fixedBy } = one.truth;
    expect(['none', ...fixedBy.map((action) => `${action} ${service}`)]).toContain(
      judged(one, 60, 'metrics', true).action,
    );
  });

  const named = (name: string) => {
    const found = chain.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no case ${name}`);
    return found;
  };

  it.each(['disk full at orders (chain)', 'cpu burn at orders (chain)'])(
    '%s: that nothing is short is not known, and will be in a minute',
    (name) => {
      const { action, reason, awaitedForMs } = judged(named(name), 60, 'metrics', true);
      expect(action).toBe('none');
      expect(reason).toContain('Awaited: CPU, memory, disk and pools of orders.');
      expect(awaitedForMs).toBeGreaterThan(0);
      expect(awaitedForMs).toBeLessThan(100_000);
    },
  );
});

describe('requests that take longer in the service itself', () => {
  const slow = (services: readonly string[]) => {
    const [one] = chain;
    if (one === undefined) throw new Error('there are no cases');
    const faults = services.map((service) => ({ kind: 'slow' as const, service, factor: 20 }));
    const { hypotheses, inconclusive } = diagnose(
      simulate({ ...one.world, faults, changes: [] }),
      [],
    ).diagnosis;
    return { best: `${hypotheses[0]?.cause} at ${hypotheses[0]?.scope.service}`, inconclusive };
  };

  it('are held against the one whose requests do', () => {
    expect(slow(['orders'])).toEqual({ best: 'hang at orders', inconclusive: false });
  });

  it('are held against nobody where all do at once: what they share is slow', () => {
    const everybody = chain[0]?.world.services.map(({ name }) => name) ?? [];
    expect(slow(everybody).inconclusive).toBe(true);
  });
});
