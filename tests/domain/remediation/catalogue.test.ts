import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionIds, isActionId } from '../../../domain/remediation/actions/index.ts';
import { maxReplicas, scaledReplicas } from '../../../domain/remediation/actions/scale.ts';
import {
  checkParameters,
  costOf,
  inverseOf,
  isReversible,
  lostBy,
  riskOf,
} from '../../../domain/remediation/catalogue.ts';
import { target } from './plans.ts';

const replica = (id: string, state: 'running' | 'exited' | 'starting') => ({
  id,
  state,
  startedAtMs: 0,
  restarts: 0,
});
const single = target('api', { desiredReplicas: 1, replicas: [replica('api-1', 'running')] });
const halfDown = target('api', { replicas: [replica('api-1', 'running'), replica('api-2', 'exited')] });
const down = target('api', { replicas: [replica('api-1', 'exited'), replica('api-2', 'exited')] });

describe('parameters', () => {
  it('are strict: unknown keys, free text and unbounded numbers are refused', () => {
    expect(checkParameters('restart', { taskId: 'api-1' }).ok).toBe(true);
    expect(checkParameters('restart', { taskId: 'api-1; rm -rf /' }).ok).toBe(false);
    expect(checkParameters('restart', { force: true }).ok).toBe(false);
    expect(checkParameters('scale', { replicas: maxReplicas + 1 }).ok).toBe(false);
    expect(checkParameters('scale', { replicas: 2.5 }).ok).toBe(false);
    expect(checkParameters('rollback-release', {}).ok).toBe(false);
  });

  it('say which field is wrong without repeating what was in it', () => {
    const refused = checkParameters('drain', { taskId: '<script>' });
    expect(refused).toMatchObject({ ok: false, reason: expect.stringContaining('taskId') });
    expect(JSON.stringify(refused)).not.toContain('<script>');
  });

  it('let no string through that is not a plain name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { ok } = checkParameters('apply-config', { version: text });
        expect(ok).toBe(/^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}$/.test(text) && !text.includes('\n'));
      }),
    );
  });

  it('know their actions by name only', () => {
    expect(actionIds.every(isActionId)).toBe(true);
    expect(isActionId('toString')).toBe(false);
  });
});

describe('inverse', () => {
  it('leads back to the state before', () => {
    const before = target('api');
    expect(inverseOf('scale', before, { replicas: 4 })).toEqual({
      action: 'scale',
      parameters: { replicas: 2 },
    });
    expect(inverseOf('rollback-release', before, { to: 'v1' })).toEqual({
      action: 'deploy-release',
      parameters: { release: 'v2' },
    });
    expect(inverseOf('rollback-config', before, { to: 'c1' })).toEqual({
      action: 'apply-config',
      parameters: { version: 'c2' },
    });
    expect(inverseOf('drain', before, { taskId: 'api-1' })).toEqual({
      action: 'undrain',
      parameters: { taskId: 'api-1' },
    });
    expect(inverseOf('undrain', before, { taskId: 'api-1' })).toEqual({
      action: 'drain',
      parameters: { taskId: 'api-1' },
    });
    expect(inverseOf('restart', before, {})).toBeNull();
    expect(inverseOf('clear-sandbox', before, {})).toBeNull();
  });

  it('has valid parameters of its own', () => {
    const inverse = inverseOf('scale', target('api'), { replicas: 4 });
    expect(inverse && checkParameters(inverse.action, inverse.parameters).ok).toBe(true);
  });

  it('is missing only where there is nothing to undo, or no way back', () => {
    expect(actionIds.filter((action) => !isReversible(action))).toEqual(['clear-sandbox']);
    expect(actionIds.filter((action) => !isReversible(action, target('api')))).toEqual(['clear-sandbox']);
  });

  it('of a restart is nothing to put back, except on a machine, which has no way back', () => {
    const of = (resource: string) => {
      const state = target('api');
      return lostBy('restart', { ...state, target: { ...state.target, resource } });
    };
    for (const resource of ['kubernetes/main/shop/deployment/api', 'ecs/main/api', 'docker/web1/api'])
      expect(of(resource)).toBeNull();
    expect(of('ec2/eu-central-1/i-0abc1234def567890')).toContain('memory');
    // What is no resource is no machine.
    expect(of('ec2/somewhere')).toBeNull();
  });
});

describe('risk', () => {
  it('is low while the rest of the target carries on', () => {
    const before = target('api');
    expect(riskOf('restart', before, {})).toBe('low');
    expect(riskOf('restart', before, { taskId: 'api-1' })).toBe('low');
    expect(riskOf('scale', before, { replicas: 4 })).toBe('low');
    expect(riskOf('clear-sandbox', before, {})).toBe('low');
    expect(riskOf('drain', before, { taskId: 'api-1' })).toBe('low');
  });

  it('is low for restarting what does not serve anyway', () => {
    expect(riskOf('restart', down, {})).toBe('low');
    expect(riskOf('restart', halfDown, { taskId: 'api-2' })).toBe('low');
    expect(costOf('restart', down, {})).toEqual({ downtimeSeconds: 0, blastRadius: 0 });
  });

  it('is medium when the only serving replica is interrupted, or another version runs afterwards', () => {
    expect(riskOf('restart', single, {})).toBe('medium');
    expect(riskOf('restart', halfDown, {})).toBe('medium');
    expect(riskOf('rollback-release', target('api'), { to: 'v1' })).toBe('medium');
    expect(riskOf('rollback-config', target('api'), { to: 'c1' })).toBe('medium');
  });

  it('is high when the whole capacity goes away for good', () => {
    expect(riskOf('drain', single, { taskId: 'api-1' })).toBe('high');
    expect(riskOf('stop', target('api'), {})).toBe('high');
    expect(riskOf('stop', down, {})).toBe('high');
    expect(riskOf('scale', target('api', { desiredReplicas: 6 }), { replicas: 1 })).toBe('high');
  });

  it('keeps the blast radius between nothing and everything', () => {
    const states = fc.array(fc.constantFrom('running' as const, 'exited' as const, 'starting' as const), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(
        states,
        fc.constantFrom(...actionIds),
        fc.integer({ min: 1, max: 20 }),
        (all, action, replicas) => {
          const before = target('api', {
            desiredReplicas: Math.max(1, all.length),
            replicas: all.map((state, index) => replica(`api-${index}`, state)),
          });
          const { blastRadius, downtimeSeconds } = costOf(action, before, { replicas, taskId: 'api-0' });
          expect(blastRadius).toBeGreaterThanOrEqual(0);
          expect(blastRadius).toBeLessThanOrEqual(1);
          expect(downtimeSeconds).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});

describe('scaling', () => {
  it('follows the rate, by at least one replica', () => {
    expect(scaledReplicas(2, 2.4)).toBe(5);
    expect(scaledReplicas(2, 1.1)).toBe(3);
    expect(scaledReplicas(1, 1.5)).toBe(2);
  });

  it('never more than three times as many, nor more than twenty', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.double(), (current, ratio) => {
        const wanted = scaledReplicas(current, ratio);
        expect(wanted).toBeGreaterThanOrEqual(current);
        expect(wanted).toBeLessThanOrEqual(Math.max(current, Math.min(current * 3, 20)));
      }),
    );
  });
});
