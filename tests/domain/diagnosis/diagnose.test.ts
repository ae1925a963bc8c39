import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Case, casesFor, kinds, shapes } from '../../../bench/support/simulated-cases.ts';
import {
  anomaly,
  environment,
  type Fault,
  type Simulated,
  seeded,
  simulate,
  startMs,
  type World,
} from '../../../bench/support/simulated-system.ts';
import { diagnose } from '../../../domain/diagnosis/diagnose.ts';
import type { Diagnosis } from '../../../domain/diagnosis/diagnosis.ts';
import { makePlan, type Planned } from '../../../domain/remediation/planner.ts';
import { defaultRunbook } from '../../../domain/remediation/runbook.ts';

function planFor(input: Simulated, diagnosis: Diagnosis, tried: readonly string[] = []): Planned {
  return makePlan({
    resources: [],
    incidentId: 'i1',
    attempt: 1,
    diagnosis,
    targets: input.targets,
    tried,
    runbook: defaultRunbook,
    blastSet: new Set(input.targets.map(({ target }) => target.service)),
  });
}

function actionOf(planned: Planned): string {
  return planned.kind === 'nothing'
    ? 'none'
    : planned.plan.steps.map((step) => `${step.action} ${step.target.service}`).join();
}

/** One victim per kind of fault and shape, another one each time; bench/diagnosis.ts runs them all. */
function sample(): readonly Case[] {
  const random = seeded(7);
  const all = casesFor(1);
  return Object.keys(kinds).flatMap((kind) =>
    shapes.flatMap((shape) => {
      const fitting = all.filter(
        ({ name }) => name.startsWith(`${kind} at`) && name.endsWith(`(${shape.name})`),
      );
      return fitting[Math.floor(random() * fitting.length)] ?? [];
    }),
  );
}

describe('root cause and remedy', () => {
  it.each(sample().map((one) => [one.name, one] as const))('%s', (_, { world, truth }) => {
    const input = simulate({ ...world, stalls: 0.04 });
    const { diagnosis, evidence } = diagnose(input, []);
    const best = diagnosis.hypotheses[0];
    expect({
      cause: best?.cause,
      service: best?.scope.service,
      inconclusive: diagnosis.inconclusive,
    }).toEqual({
      cause: truth.cause,
      service: truth.service,
      inconclusive: false,
    });
    const expected =
      truth.fixedBy.length === 0 ? ['none'] : truth.fixedBy.map((action) => `${action} ${truth.service}`);
    expect(expected).toContain(actionOf(planFor(input, diagnosis)));
    const known = new Set(evidence.map(({ id }) => id));
    expect(best?.evidenceFor.length).toBeGreaterThan(0);
    for (const hypothesis of diagnosis.hypotheses) {
      for (const id of [...hypothesis.evidenceFor, ...hypothesis.evidenceAgainst])
        expect(known).toContain(id);
    }
  });
});

const chain: World = {
  services: [
    { name: 'web', replicas: 1, selfMs: 8, calls: ['orders'] },
    { name: 'orders', replicas: 3, selfMs: 25, calls: ['ledger'] },
    { name: 'ledger', replicas: 2, selfMs: 30, calls: [], outside: 'archive.example' },
  ],
  entry: 'web',
  requestsPerSecond: 30,
  faults: [],
  seed: 11,
};
const world = (fault: Fault, more: Partial<World> = {}): World => ({ ...chain, faults: [fault], ...more });

describe('one replica of several', () => {
  it.each([
    ['errors', { kind: 'errors', service: 'orders', rate: 0.8, replicas: 1 }],
    ['burning', { kind: 'cpu-burn', service: 'orders', replicas: 1 }],
    ['hanging', { kind: 'hang', service: 'orders', replicas: 1 }],
    ['gone', { kind: 'crash', service: 'orders', replicas: 1 }],
    ['out of connections', { kind: 'pool-exhaustion', service: 'orders', replicas: 1 }],
  ] as const)('%s: only that one is restarted', (_, fault) => {
    const input = simulate(world(fault));
    const planned = planFor(input, diagnose(input, []).diagnosis);
    expect(planned).toMatchObject({
      kind: 'plan',
      plan: { steps: [{ action: 'restart', parameters: { taskId: 'orders-0' } }] },
    });
  });

  it('all of them: the whole service is', () => {
    const input = simulate(world({ kind: 'errors', service: 'orders', rate: 0.5 }));
    const planned = planFor(input, diagnose(input, []).diagnosis);
    expect(planned).toMatchObject({ plan: { steps: [{ action: 'restart', parameters: {} }] } });
  });
});

describe('a change after a moment of slowness that passed', () => {
  const changes = [{ type: 'config', service: 'orders', atSecond: -1 }] as const;
  const clean = simulate(world({ kind: 'errors', service: 'orders', rate: 0.4 }, { changes }));
  const times = 20;
  const stalled = (row: (typeof clean.calls)[number]) => ({
    ...row,
    latencyP50Ms: row.latencyP50Ms * times,
    latencyP95Ms: row.latencyP95Ms * times,
    selfTimeP50Ms: row.selfTimeP50Ms * times,
  });
  const diagnosed = (stallSeconds: number) => {
    const onsetMs = clean.onsetMs - 12_000;
    const calls = clean.calls.map((row) =>
      row.atMs >= onsetMs && row.atMs < onsetMs + stallSeconds * 1_000 ? stalled(row) : row,
    );
    return diagnose({ ...clean, onsetMs, calls }, []).diagnosis.hypotheses[0];
  };

  it('is the suspect of the errors that began with it', () => {
    expect(diagnosed(6)).toMatchObject({ cause: 'bad-config', scope: { service: 'orders' } });
  });

  it('is none while the slowness goes on: what began before it did not come from it', () => {
    expect(diagnosed(600)?.cause).not.toBe('bad-config');
  });
});

describe('a change that Sentinel made itself', () => {
  const diagnosed = (isOwn: boolean) => {
    const changes = [
      { type: 'release', service: 'orders', atSecond: -60 },
      { type: 'release', service: 'orders', atSecond: -5 },
    ];
    const simulated = simulate(world({ kind: 'errors', service: 'orders', rate: 0.4 }, { changes }));
    const last = simulated.changes.at(-1)?.id;
    const marked = simulated.changes.map((change) =>
      isOwn && change.id === last ? { ...change, ownIntent: 'i-1' } : change,
    );
    const input = { ...simulated, changes: marked };
    const found = diagnose(input, []);
    return { ...found, plan: planFor(input, found.diagnosis) };
  };

  it('is no suspect, and neither is the release that it took back', () => {
    expect(actionOf(diagnosed(false).plan)).toBe('rollback-release orders');
    const { diagnosis, evidence, plan } = diagnosed(true);
    expect(diagnosis.hypotheses.map(({ cause }) => cause)).not.toContain('bad-release');
    expect(actionOf(plan)).not.toContain('release');
    expect(evidence.map(({ finding }) => finding)).toContain(
      "No known change to orders shortly before but Sentinel's own.",
    );
  });
});

describe('when a remedy did not help', () => {
  const changes = [
    { type: 'release', service: 'orders', atSecond: -25 },
    { type: 'config', service: 'orders', atSecond: -2 },
  ];
  const input = simulate(world({ kind: 'errors', service: 'orders', rate: 0.4 }, { changes }));

  it('the other change of the service is next', () => {
    const first = diagnose(input, []).diagnosis;
    expect(actionOf(planFor(input, first))).toBe('rollback-config orders');
    const second = diagnose(input, [{ cause: 'bad-config', service: 'orders' }]).diagnosis;
    expect(actionOf(planFor(input, second, ['rollback-config@test/orders']))).toBe('rollback-release orders');
  });

  it('and in the end a person', () => {
    const failed = ['bad-config', 'bad-release', 'error-burst', 'hang'].map((cause) => ({
      cause,
      service: 'orders',
    }));
    const tried = ['rollback-config', 'rollback-release', 'restart'].map((action) => `${action}@test/orders`);
    expect(planFor(input, diagnose(input, failed).diagnosis, tried)).toMatchObject({
      kind: 'nothing',
      harmless: false,
    });
  });
});

describe('trouble out of reach', () => {
  const release = { changes: [{ type: 'release', service: 'orders', atSecond: -1 }] };
  const failing = simulate(world({ kind: 'errors', service: 'orders', rate: 0.5 }, release));
  const certificate = anomaly('login', 'reported', 0, 0, 1);

  it('explains no alert about a service that calls nobody and that nobody calls', () => {
    const { diagnosis, evidence } = diagnose({ ...failing, anomalies: [certificate] }, []);
    expect(diagnosis.hypotheses).toEqual([]);
    expect(JSON.stringify([diagnosis, evidence])).not.toContain('orders');
    expect(diagnosis).toMatchObject({ inconclusive: true, reason: 'Nothing measured explains it.' });
  });

  it('nor a measured symptom of one', () => {
    const slow = anomaly('login', 'latency', 9, 3, 1);
    const { diagnosis } = diagnose({ ...failing, anomalies: [slow] }, []);
    expect(diagnosis.hypotheses.filter(({ scope }) => scope.service !== 'login')).toEqual([]);
    expect(diagnosis.reason).toMatch(/^Nothing measured explains it|weak/);
  });

  it('the same release explains an alert about a service that depends on it', () => {
    const { diagnosis } = diagnose({ ...failing, anomalies: [anomaly('web', 'reported', 0, 0, 1)] }, []);
    expect(diagnosis.hypotheses[0]).toMatchObject({ cause: 'bad-release', scope: { service: 'orders' } });
  });
});

describe('changes', () => {
  it('of a service without symptoms of its own explain nothing', () => {
    const changes = [{ type: 'release', service: 'web', atSecond: -1 }];
    const { diagnosis } = diagnose(
      simulate(world({ kind: 'errors', service: 'ledger', rate: 0.4 }, { changes })),
      [],
    );
    expect(diagnosis.hypotheses[0]).toMatchObject({ cause: 'error-burst', scope: { service: 'ledger' } });
    expect(diagnosis.hypotheses.some(({ scope }) => scope.service === 'web')).toBe(false);
  });

  it('long before, or after the trouble began, explain little', () => {
    for (const atSecond of [-1_500, 6]) {
      const changes = [{ type: 'release', service: 'ledger', atSecond }];
      const { diagnosis } = diagnose(
        simulate(world({ kind: 'errors', service: 'ledger', rate: 0.4 }, { changes })),
        [],
      );
      expect(diagnosis.hypotheses[0]?.cause).toBe('error-burst');
    }
  });
});

describe('with sources missing', () => {
  it('says so, and still sees what the others show', () => {
    const noMetrics = simulate(
      world({ kind: 'errors', service: 'ledger', rate: 0.4 }, { without: ['metrics'] }),
    );
    const { diagnosis } = diagnose(noMetrics, []);
    expect(diagnosis.hypotheses[0]).toMatchObject({ cause: 'error-burst', scope: { service: 'ledger' } });
    expect(diagnosis.missing).toEqual(['metrics: not available', 'resources: no metrics of any service']);

    const noCalls = simulate(world({ kind: 'crash', service: 'ledger' }, { without: ['calls', 'logs'] }));
    expect(diagnose(noCalls, []).diagnosis.hypotheses[0]).toMatchObject({
      cause: 'crash',
      scope: { service: 'ledger' },
    });

    const noTargets = simulate(world({ kind: 'crash', service: 'ledger' }, { without: ['targets'] }));
    expect(diagnose(noTargets, []).diagnosis.hypotheses[0]).toMatchObject({
      cause: 'crash',
      scope: { service: 'ledger' },
    });
  });

  it('tells a crash from a hang by how fast callers fail', () => {
    const seen = (kind: 'crash' | 'hang') =>
      diagnose(simulate(world({ kind, service: 'ledger' }, { without: ['targets', 'metrics'] })), [])
        .diagnosis.hypotheses[0];
    expect(seen('crash')).toMatchObject({ cause: 'crash', scope: { service: 'ledger' } });
    expect(seen('hang')).toMatchObject({ cause: 'hang', scope: { service: 'ledger' } });
  });

  it('does not guess without calls and metrics', () => {
    const blind = simulate(
      world({ kind: 'errors', service: 'ledger', rate: 0.4 }, { without: ['calls', 'metrics'] }),
    );
    expect(diagnose(blind, []).diagnosis).toMatchObject({ inconclusive: true });
  });

  it.each([
    ['a service', {}],
    ['one of its replicas', { replicas: 1 }],
  ])('does not restart %s that is silent and slow but goes on answering its callers', (_, more) => {
    const input = simulate(world({ kind: 'telemetry-gap', service: 'orders', ...more }));
    const slow = {
      ...input,
      calls: input.calls.map((row) =>
        row.service === 'web' && row.atMs >= input.onsetMs
          ? { ...row, latencyP50Ms: row.latencyP50Ms * 4, latencyP95Ms: row.latencyP95Ms * 4 }
          : row,
      ),
    };
    const { diagnosis } = diagnose(slow, []);
    expect(diagnosis.hypotheses[0]).toMatchObject({ cause: 'telemetry-gap', scope: { service: 'orders' } });
    expect(planFor(slow, diagnosis).kind).toBe('nothing');
  });

  it('does not act on a silence nobody can explain', () => {
    const input = simulate(world({ kind: 'telemetry-gap', service: 'web' }, { without: ['metrics'] }));
    const alone = { ...input, calls: input.calls.filter(({ service }) => service === 'web'), edges: [] };
    expect(planFor(alone, diagnose(alone, []).diagnosis).kind).toBe('nothing');
  });
});

describe('an alert from outside', () => {
  it('that nothing measured confirms is for a person', () => {
    const quiet = simulate({ ...chain, faults: [] });
    const input = { ...quiet, anomalies: [anomaly('orders', 'reported', startMs + 70_000, 0, 1)] };
    const { diagnosis } = diagnose(input, []);
    expect(diagnosis.inconclusive).toBe(true);
    expect(diagnosis.hypotheses[0]?.cause).toBe('reported');
  });

  it('that measurements confirm is explained by them', () => {
    const input = simulate(world({ kind: 'errors', service: 'ledger', rate: 0.4 }));
    const reported = { ...input, anomalies: [anomaly('web', 'reported', startMs + 70_000, 0, 1)] };
    expect(diagnose(reported, []).diagnosis.hypotheses[0]).toMatchObject({
      cause: 'error-burst',
      scope: { service: 'ledger' },
    });
  });
});

describe('any input', () => {
  it('gives the same answer twice, and in whatever order the rows come', () => {
    const input = simulate(world({ kind: 'cpu-burn', service: 'orders' }));
    const answer = diagnose(input, []);
    expect(diagnose(input, [])).toEqual(answer);
    const shuffled = {
      ...input,
      calls: [...input.calls].reverse(),
      metrics: [...input.metrics].reverse(),
      targets: [...input.targets].reverse(),
    };
    expect(diagnose(shuffled, []).diagnosis).toEqual(answer.diagnosis);
  });

  it('is answered with figures JSON can carry and names nobody can abuse', () => {
    const hostile = '<b onload=x>`$(reboot)` \u202e';
    const services = chain.services.map((one) =>
      one.name === 'ledger'
        ? { ...one, name: hostile }
        : { ...one, calls: one.calls.map((callee) => (callee === 'ledger' ? hostile : callee)) },
    );
    const { diagnosis, evidence } = diagnose(
      simulate({ ...world({ kind: 'errors', service: hostile, rate: 0.5 }), services }),
      [],
    );
    expect(diagnosis.hypotheses[0]?.cause).toBe('error-burst');
    const words = [
      diagnosis.reason,
      ...diagnosis.hypotheses.map(({ reason }) => reason),
      ...evidence.map(({ finding }) => finding),
    ];
    for (const text of words) expect(text).not.toMatch(/[<>`$\u202e]/);
    expect(JSON.parse(JSON.stringify({ diagnosis, evidence }))).toEqual({ diagnosis, evidence });
  });

  it('never throws, whatever the rows contain', () => {
    const number = fc.oneof(
      fc.double(),
      fc.integer({ min: 0, max: 50 }),
      fc.constantFrom(0, Number.NaN, Number.POSITIVE_INFINITY),
    );
    const name = fc.constantFrom('a', 'b', 'c', '', '__proto__');
    const at = fc.integer({ min: -5, max: 100 }).map((second) => startMs + second * 1000);
    const call = fc.record({
      atMs: at,
      service: name,
      instance: name,
      side: fc.constantFrom('server' as const, 'client' as const),
      peer: name,
      count: number,
      errors: number,
      ownErrors: number,
      latencyP50Ms: number,
      latencyP95Ms: number,
      selfTimeP50Ms: number,
    });
    const metric = fc.record({
      atMs: at,
      service: name,
      instance: name,
      metric: fc.constantFrom(
        'process.cpu.utilization',
        'process.memory.usage',
        'process.memory.limit',
        'container.restart.count',
        'constructor',
      ),
      attributes: fc.string(),
      value: number,
    });
    fc.assert(
      fc.property(
        fc.array(call, { maxLength: 60 }),
        fc.array(metric, { maxLength: 60 }),
        (calls, metrics) => {
          const { diagnosis } = diagnose(
            {
              environment,
              nowMs: startMs + 100_000,
              onsetMs: startMs + 70_000,
              anomalies: [anomaly('a', 'errors', startMs + 70_000, 0, 1)],
              calls,
              metrics,
              logs: [],
              edges: [{ caller: 'a', callee: 'b' }],
              changes: [],
              targets: [],
              missing: [],
            },
            [],
          );
          for (const { score } of diagnosis.hypotheses) {
            expect(score).toBeGreaterThanOrEqual(0);
            expect(score).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });
});
