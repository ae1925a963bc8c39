import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { causes, harmlessCauses } from '../../../domain/diagnosis/causes.ts';
import { actionIds, actions } from '../../../domain/remediation/actions/index.ts';
import { checkParameters } from '../../../domain/remediation/catalogue.ts';
import { stepKey } from '../../../domain/remediation/plan.ts';
import { makePlan, type PlanningInput } from '../../../domain/remediation/planner.ts';
import { notYetSeen } from '../../../domain/remediation/postcondition.ts';
import { expectedBefore, expectedByUndo } from '../../../domain/remediation/precondition.ts';
import { defaultRunbook, runbookConfigSchema, runbookFrom } from '../../../domain/remediation/runbook.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';
import { diagnosis, hypothesis, target } from './plans.ts';

const ask = (more: Partial<PlanningInput>) =>
  makePlan({
    incidentId: 'i1',
    attempt: 1,
    diagnosis: diagnosis(hypothesis('crash', 'api', 0.9)),
    targets: [target('api'), target('db')],
    resources: [],
    tried: [],
    runbook: defaultRunbook,
    blastSet: new Set(['api', 'db']),
    ...more,
  });
const firstStep = (more: Partial<PlanningInput>) => {
  const planned = ask(more);
  return planned.kind === 'plan' ? planned.plan.steps[0] : undefined;
};

describe('a sequence', () => {
  const runbook = (candidate: Record<string, unknown>) =>
    runbookFrom(runbookConfigSchema.parse({ crash: { candidates: [candidate] } }));
  const scope = { environment: 'test', service: 'api', resourceId: 'api-1' };
  const surge = diagnosis(hypothesis('crash', 'api', 0.9, { scope }));

  it('is one plan: each step builds on the ones before, and an undo takes back exactly what was done', () => {
    const planned = ask({ diagnosis: surge, runbook: runbook({ action: 'scale', followedBy: ['restart'] }) });
    if (planned.kind !== 'plan') throw new Error(planned.reason);
    expect(planned.plan.steps.map(({ action }) => action)).toEqual(['scale', 'restart']);
    const [first, second] = planned.plan.steps;
    expect(second?.before).toEqual(first?.before);
    expect(planned.plan.risk).toBe('low');

    const drained = ask({
      diagnosis: surge,
      runbook: runbook({ action: 'drain', followedBy: ['restart', 'undrain'] }),
    });
    if (drained.kind !== 'plan') throw new Error(drained.reason);
    const { steps } = drained.plan;
    expect(steps.map(({ action }) => action)).toEqual(['drain', 'restart', 'undrain']);
    expect(steps[2]?.parameters).toEqual(steps[0]?.parameters);
    expect(steps[2]?.inverse).toMatchObject({ action: 'drain' });
  });

  it('takes a node out, moves what is on it, and lets replicas go there again', () => {
    const resource = 'kubernetes/main/_/node/api';
    const key = 'kubernetes/main/shop/deployment/orders';
    const pool = 'kubernetes/main/_/cluster/nodes';
    const node = (more: object = {}) =>
      target('api', {
        target: { environment: 'test', service: 'api', resource },
        node: { cordoned: 'no', carries: [{ key, here: 1, elsewhere: 1 }], runs: [], pool, ...more },
      });
    const candidate = { action: 'cordon', followedBy: ['drain-node', 'uncordon'] };
    const planned = ask({ diagnosis: surge, targets: [node()], runbook: runbook(candidate) });
    if (planned.kind !== 'plan') throw new Error(planned.reason);
    const { plan } = planned;
    expect(plan.steps.map(({ action, inverse }) => [action, inverse?.action])).toEqual([
      ['cordon', 'uncordon'],
      ['drain-node', 'uncordon'],
      ['uncordon', 'cordon'],
    ]);
    expect(plan.risk).toBe('medium');
    // Each finds what the one before leaves, and so do the undos, last one first.
    expect(plan.steps.map((_, index) => expectedBefore(plan, index)['new replicas'])).toEqual([
      'may go there',
      'kept away by Sentinel',
      'kept away by Sentinel',
    ]);
    expect(plan.steps.map((_, index) => expectedByUndo(plan, index, true)[0]?.['new replicas'])).toEqual([
      'kept away by Sentinel',
      'kept away by Sentinel',
      'may go there',
    ]);
    const [first] = plan.steps;
    const left = (seen: TargetState) => first && notYetSeen(plan, 2, first, { kind: 'seen', state: seen });
    expect(left(node({ cordoned: 'by-sentinel', carries: [] }))).toBeNull();
    expect(left(node({ cordoned: 'by-sentinel' }))).toMatch(/1 of the targets .* still on it/);
    expect(left(node({ carries: [] }))).toMatch(/new replicas is may go there/);
    // What drains it holds all that it moves, and the capacity of its cluster.
    expect(actions['drain-node'].touches?.(node(), {})).toEqual([pool, key]);

    for (const [more, reason] of [
      [{ cordoned: 'by-somebody-else' }, 'somebody else has cordoned it'],
      [{ cordoned: 'by-sentinel' }, 'it is cordoned already'],
    ] as const)
      expect(ask({ diagnosis: surge, targets: [node(more)], runbook: runbook(candidate) })).toMatchObject({
        kind: 'nothing',
        reason: expect.stringContaining(reason),
      });
    expect(ask({ diagnosis: surge, runbook: runbook(candidate) })).toMatchObject({
      reason: expect.stringContaining('it is no node of a cluster'),
    });
  });

  it('is not begun when one of its steps cannot be made, or was tried', () => {
    const candidate = { action: 'restart', followedBy: ['undrain'] };
    expect(ask({ diagnosis: surge, runbook: runbook(candidate) })).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('undrain after it: only used to undo a step'),
    });
    const known = target('api').target;
    expect(
      ask({
        diagnosis: surge,
        runbook: runbook({ action: 'scale', followedBy: ['restart'] }),
        tried: [stepKey({ action: 'restart', target: known })],
      }),
    ).toMatchObject({ kind: 'nothing', reason: expect.stringContaining('was tried already') });
  });

  it('names no action twice: the gate would let it out once', () => {
    const twice = { crash: { candidates: [{ action: 'restart', followedBy: ['scale', 'restart'] }] } };
    expect(runbookConfigSchema.safeParse(twice).success).toBe(false);
  });
});

describe('from a cause to its remedy', () => {
  it.each([
    ['crash', 'restart'],
    ['crash-loop', 'restart'],
    ['hang', 'restart'],
    ['memory-leak', 'restart'],
    ['cpu-burn', 'restart'],
    ['error-burst', 'restart'],
    ['pool-exhaustion', 'restart'],
    ['bad-release', 'rollback-release'],
    ['bad-config', 'rollback-config'],
    ['disk-fill', 'clear-sandbox'],
    ['traffic-surge', 'scale'],
  ] as const)('%s is answered with %s', (cause, action) => {
    expect(firstStep({ diagnosis: diagnosis(hypothesis(cause, 'api', 0.9)) })?.action).toBe(action);
  });

  it('fills in parameters from inventory and figures, and captures the way back', () => {
    const surge = hypothesis('traffic-surge', 'api', 0.9, { figures: { rateRatio: 1.6 } });
    expect(firstStep({ diagnosis: diagnosis(surge) })).toMatchObject({
      parameters: { replicas: 4 },
      inverse: { action: 'scale', parameters: { replicas: 2 } },
      risk: 'low',
    });
    expect(firstStep({ diagnosis: diagnosis(hypothesis('bad-release', 'api', 0.9)) })).toMatchObject({
      parameters: { to: 'v1' },
      inverse: { action: 'deploy-release', parameters: { release: 'v2' } },
      risk: 'medium',
    });
  });

  it('restarts the one bad replica, and all when the executor does not know it by that name', () => {
    const one = (resourceId: string) =>
      hypothesis('hang', 'api', 0.9, { scope: { environment: 'test', service: 'api', resourceId } });
    expect(firstStep({ diagnosis: diagnosis(one('api-2')) })?.parameters).toEqual({ taskId: 'api-2' });
    expect(firstStep({ diagnosis: diagnosis(one('10.0.0.7:8080')) })?.parameters).toEqual({});
  });

  it('undoes the change that is suspected most when a service keeps crashing', () => {
    const loop = hypothesis('crash-loop', 'api', 0.93);
    const release = hypothesis('bad-release', 'api', 0.6);
    const config = hypothesis('bad-config', 'api', 0.7);
    expect(firstStep({ diagnosis: diagnosis(loop, config, release) })?.action).toBe('rollback-config');
    expect(firstStep({ diagnosis: diagnosis(loop, release) })?.action).toBe('rollback-release');
    expect(firstStep({ diagnosis: diagnosis(loop, hypothesis('bad-release', 'db', 0.7)) })?.action).toBe(
      'restart',
    );
  });
});

describe('when nothing is done', () => {
  it.each(harmlessCauses)('%s is left alone, and that is right', (cause) => {
    expect(ask({ diagnosis: diagnosis(hypothesis(cause, 'api', 0.9)) })).toMatchObject({
      kind: 'nothing',
      harmless: true,
    });
  });

  it.each(['slow-dependency', 'reported'] as const)('%s is for a person', (cause) => {
    const also = hypothesis('pool-exhaustion', 'api', 0.6);
    const planned = ask({ diagnosis: diagnosis(hypothesis(cause, 'api', 0.9), also) });
    expect(planned).toMatchObject({ kind: 'nothing', harmless: false });
  });

  it('an inconclusive diagnosis, a weak hypothesis, an unknown target or one out of reach', () => {
    const unsure = { ...diagnosis(hypothesis('crash', 'api', 0.9)), inconclusive: true };
    expect(ask({ diagnosis: unsure }).kind).toBe('nothing');
    expect(ask({ diagnosis: diagnosis(hypothesis('crash', 'api', 0.2)) }).kind).toBe('nothing');
    expect(ask({ targets: [] }).kind).toBe('nothing');
    expect(ask({ blastSet: new Set(['db']) }).kind).toBe('nothing');
    expect(ask({ targets: [target('api', { supports: ['scale'] })] }).kind).toBe('nothing');
  });

  it('two targets of one name: which is meant is never guessed', () => {
    const targets = [target('api', { executor: 'east' }), target('api', { executor: 'west' })];
    expect(ask({ targets })).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining(
        '2 targets have this name (test/api of executor east, test/api of executor west)',
      ),
    });
  });

  it('what its instances say tells targets of one name apart', () => {
    const east = target('api', { target: { ...target('api').target, resource: 'docker/east/api' } });
    const west = target('api', { target: { ...target('api').target, resource: 'docker/west/api-2' } });
    const resources = [
      { environment: 'test', service: 'api', resourceId: 'a', attributes: { 'container.name': '/api-2' } },
    ];
    expect(firstStep({ targets: [east, west], resources })?.target).toEqual(west.target);
  });

  it('a protected target is left alone, and people read why', () => {
    expect(ask({ targets: [target('api', { protected: 'frozen until May' })] })).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('its target is protected: frozen until May'),
    });
  });

  it('what its owner would take back is not done', () => {
    const owner = { name: 'argo-cd', detail: 'application shop', reverts: ['restart'] };
    expect(ask({ targets: [target('api', { owner })] })).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('argo-cd would take it back (application shop)'),
    });
    expect(firstStep({ targets: [target('api', { owner: { ...owner, reverts: ['scale'] } })] })?.action).toBe(
      'restart',
    );
  });

  it('what may be paused is paused first, and only for what lasts then', () => {
    const key = 'kubernetes/main/argocd/application/shop';
    const owned = (is: 'on' | 'paused-by-somebody-else', lifts: readonly string[] = ['restart']) =>
      target('api', {
        owner: {
          ...{
            name: 'argo-cd',
            detail: 'application shop',
            reverts: is === 'on' ? ['restart', 'scale'] : ['scale'],
          },
          sync: { key, name: 'application shop', is, lifts },
        },
      });
    const actionsOf = (state: TargetState) => {
      const planned = ask({ targets: [state] });
      return planned.kind === 'plan' ? planned.plan.steps.map(({ action }) => action) : planned.reason;
    };
    expect(actionsOf(owned('on'))).toEqual(['pause-sync', 'restart']);
    expect(actionsOf(owned('paused-by-somebody-else'))).toEqual(['restart']);
    expect(actionsOf(owned('on', ['scale']))).toContain('would take it back');
    expect(actionsOf({ ...owned('on'), supports: ['restart'] })).toContain('pausing argo-cd before it');
    expect(actions['pause-sync'].touches?.(owned('on'), {})).toEqual([key]);
  });

  it('a release without a predecessor cannot be rolled back', () => {
    const planned = ask({
      diagnosis: diagnosis(hypothesis('bad-release', 'api', 0.9)),
      targets: [target('api', { previousRelease: undefined })],
    });
    expect(planned).toMatchObject({ kind: 'nothing', reason: expect.stringContaining('no earlier release') });
  });
});

describe('after a remedy that did not help', () => {
  const tried = ['restart@test/api'];

  it('goes on to the next plausible hypothesis', () => {
    const next = diagnosis(hypothesis('bad-release', 'api', 0.6), hypothesis('error-burst', 'api', 0.5));
    expect(firstStep({ diagnosis: next, tried })?.action).toBe('rollback-release');
    const elsewhere = diagnosis(hypothesis('error-burst', 'api', 0.7), hypothesis('crash', 'db', 0.6));
    expect(firstStep({ diagnosis: elsewhere, tried })?.target.service).toBe('db');
  });

  it('does not fall back to acting on a less likely service when the likely one cannot be acted on', () => {
    const both = diagnosis(hypothesis('crash', 'gone', 0.9), hypothesis('error-burst', 'api', 0.6));
    expect(ask({ diagnosis: both, blastSet: new Set(['gone', 'api']) }).kind).toBe('nothing');
  });

  it('stops at a hypothesis that asks to leave things alone', () => {
    const then = diagnosis(
      hypothesis('error-burst', 'api', 0.7),
      hypothesis('transient-spike', 'api', 0.6),
      hypothesis('hang', 'db', 0.5),
    );
    expect(ask({ diagnosis: then, tried })).toMatchObject({ kind: 'nothing', harmless: false });
  });
});

describe('runbook', () => {
  it('knows every cause, and configuration replaces a rule as a whole', () => {
    expect(Object.keys(defaultRunbook).sort()).toEqual([...causes].sort());
    const config = runbookConfigSchema.parse({
      hang: { candidates: [{ action: 'drain' }, { action: 'restart' }] },
    });
    const runbook = runbookFrom(config);
    expect(runbook.hang.candidates[0]?.action).toBe('drain');
    expect(runbook.crash).toEqual(defaultRunbook.crash);
    expect(runbookConfigSchema.safeParse({ hangs: { candidates: [] } }).success).toBe(false);
    expect(
      runbookConfigSchema.safeParse({ hang: { candidates: [{ action: 'deploy-release' }] } }).success,
    ).toBe(false);
  });

  it('drains the one bad replica where configuration says so', () => {
    const runbook = runbookFrom({ hang: { candidates: [{ action: 'drain' }, { action: 'restart' }] } });
    const scope = { environment: 'test', service: 'api', resourceId: 'api-1' };
    expect(
      firstStep({ runbook, diagnosis: diagnosis(hypothesis('hang', 'api', 0.9, { scope })) }),
    ).toMatchObject({
      action: 'drain',
      parameters: { taskId: 'api-1' },
      inverse: { action: 'undrain' },
    });
    expect(firstStep({ runbook, diagnosis: diagnosis(hypothesis('hang', 'api', 0.9)) })?.action).toBe(
      'restart',
    );
  });
});

describe('whatever the diagnosis says', () => {
  const anyHypothesis = fc.record({
    cause: fc.constantFrom(...causes),
    service: fc.constantFrom('api', 'db', 'elsewhere', 'unknown'),
    score: fc.double({ min: 0, max: 1, noNaN: true }),
    resourceId: fc.option(fc.oneof(fc.string(), fc.constant('api-1')), { nil: undefined }),
    rateRatio: fc.double(),
  });

  it('a plan stays inside catalogue, inventory, blast set and what was not tried', () => {
    fc.assert(
      fc.property(
        fc.array(anyHypothesis, { maxLength: 6 }),
        fc.subarray(actionIds.flatMap((action) => [`${action}@test/api`, `${action}@test/db`])),
        fc.subarray([...actionIds]),
        (drafts, tried, supports) => {
          const all = drafts
            .map(({ cause, service, score, resourceId, rateRatio }) =>
              hypothesis(cause, service, score, {
                scope: { environment: 'test', service, ...(resourceId === undefined ? {} : { resourceId }) },
                figures: { rateRatio },
              }),
            )
            .sort((a, b) => b.score - a.score);
          const targets = ['api', 'db', 'elsewhere'].map((service) => target(service, { supports }));
          const planned = ask({ diagnosis: diagnosis(...all), targets, tried });
          if (planned.kind === 'nothing') {
            expect(planned.reason).not.toBe('');
            return;
          }
          expect(planned.plan.steps).toHaveLength(1);
          for (const step of planned.plan.steps) {
            expect(['api', 'db']).toContain(step.target.service);
            expect(supports).toContain(step.action);
            expect(tried).not.toContain(stepKey(step));
            expect(checkParameters(step.action, step.parameters).ok).toBe(true);
            expect(harmlessCauses).not.toContain(planned.plan.cause);
          }
        },
      ),
    );
  });
});
