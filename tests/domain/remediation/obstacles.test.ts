import { describe, expect, test } from 'vitest';
import { actionIds } from '../../../domain/remediation/actions/index.ts';
import { obstacle } from '../../../domain/remediation/obstacles.ts';
import { target } from './plans.ts';

const state = target('api');
const about = { direction: 'forward', target: state.target } as const;
const rolling = { ...state, rollout: { inProgress: true, detail: '3 of 5 pods new' } };

describe('a protected target', () => {
  test.each(actionIds)('lets nothing through, forward or back: %s', (action) => {
    for (const direction of ['forward', 'compensation'] as const)
      expect(obstacle({ ...about, direction, action }, { ...state, protected: 'frozen\nuntil May' })).toEqual(
        {
          reason: 'target-protected',
          detail: 'test/api is protected: frozen until May',
        },
      );
  });
});

describe('a rollout', () => {
  test('makes others wait, with how far it is', () => {
    expect(obstacle({ ...about, action: 'restart' }, rolling)).toEqual({
      reason: 'rollout-in-progress',
      detail: 'a rollout of test/api is in progress: 3 of 5 pods new',
    });
    expect(
      obstacle({ ...about, action: 'restart' }, { ...state, rollout: { inProgress: false, detail: '' } }),
    ).toBeNull();
  });

  test.each(['rollback-release', 'deploy-release', 'rollback-config', 'apply-config'] as const)(
    'is what %s replaces',
    (action) => {
      expect(obstacle({ ...about, action }, rolling)).toBeNull();
    },
  );

  test('does not hold an undo: it may be the very effect that is undone', () => {
    expect(obstacle({ ...about, direction: 'compensation', action: 'scale' }, rolling)).toBeNull();
  });
});
