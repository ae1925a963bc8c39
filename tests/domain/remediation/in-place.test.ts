/** What a plan has done is compared with how its targets are now; samples count from the last change on. */
import { describe, expect, it } from 'vitest';
import { afterLook, keptOf } from '../../../domain/remediation/in-place.ts';
import { plan, step, target } from './plans.ts';

const before = target('api');
const scaled = step({
  ...{ before, target: before.target, action: 'scale', parameters: { replicas: 4 } },
  inverse: { action: 'scale', parameters: { replicas: 2 } },
});
const owner = { name: 'argo-cd', detail: 'it syncs it', reverts: ['scale'] };
const kept = (more: Parameters<typeof target>[1]) => keptOf(plan([scaled]), [target('api', more)]);

describe('what a plan has done', () => {
  it('is there while its targets are as it left them', () => {
    expect(kept({ desiredReplicas: 4, release: 'v9' })).toMatchObject({ changed: null, threat: null });
  });

  it('is gone when somebody has changed what it depends on', () => {
    expect(kept({ desiredReplicas: 2 }).changed).toBe('replicas was 4, is 2');
  });

  it('is threatened by an owner that would take it back, and by nobody who leaves it alone', () => {
    expect(kept({ desiredReplicas: 4, owner }).threat).toMatch(/argo-cd would take it back/);
    expect(kept({ desiredReplicas: 4, owner: { ...owner, reverts: [] } }).threat).toBeNull();
  });

  it('is not known of a target that cannot be seen', () => {
    expect(keptOf(plan([scaled]), [])).toMatchObject({
      facts: null,
      threat: expect.stringMatching(/cannot be seen/),
    });
  });

  it('is what all of its steps together came to', () => {
    const rolledBack = step({
      ...{ before, target: before.target, action: 'rollback-release', parameters: { to: 'v1' } },
      inverse: { action: 'deploy-release', parameters: { release: 'v2' } },
    });
    const both = plan([scaled, rolledBack]);
    expect(keptOf(both, [target('api', { desiredReplicas: 4, release: 'v1' })]).changed).toBeNull();
    const undone = keptOf(both, [target('api', { desiredReplicas: 2, release: 'v2' })]).changed;
    expect(undone).toBe('replicas was 4, is 2; release was v1, is v2');
  });

  it('of a restart is nothing that anybody could put back', () => {
    const restarted = plan([step({ before, target: before.target })]);
    expect(
      keptOf(restarted, [target('api', { release: 'v9', owner: { ...owner, reverts: ['restart'] } })]),
    ).toEqual({
      ...{ facts: '[]', changed: null, threat: null },
    });
  });
});

describe('from one look to the next', () => {
  const asLeft = kept({ desiredReplicas: 4 });
  const gone = kept({ desiredReplicas: 2 });
  const unseen = keptOf(plan([scaled]), []);

  it('samples count since the effect while nothing changes', () => {
    const first = afterLook(undefined, asLeft, 1_000);
    expect(first?.sinceMs).toBeNull();
    expect(afterLook(first, asLeft, 2_000)).toEqual(first);
  });

  it('samples count since the look that saw a change, whichever look that is', () => {
    expect(afterLook(undefined, gone, 1_000)?.sinceMs).toBe(1_000);
    const taken = afterLook(afterLook(undefined, asLeft, 1_000), gone, 2_000);
    expect(taken?.sinceMs).toBe(2_000);
    expect(afterLook(taken, gone, 3_000)).toEqual(taken);
    expect(afterLook(taken, asLeft, 4_000)?.sinceMs).toBe(4_000);
  });

  it('a look that sees nothing changes nothing', () => {
    expect(afterLook(undefined, unseen, 1_000)).toBeUndefined();
    const first = afterLook(undefined, asLeft, 1_000);
    expect(afterLook(first, unseen, 2_000)).toEqual(first);
  });
});
