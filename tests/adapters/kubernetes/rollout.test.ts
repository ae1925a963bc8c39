/** A rollout is complete when every pod is of the new template and ready, and none is left over. */
import { describe, expect, it } from 'vitest';
import type { WorkloadKind } from '../../../adapters/kubernetes/kinds.ts';
import { workload } from '../../../adapters/kubernetes/objects.ts';
import { rolloutOf } from '../../../adapters/kubernetes/rollout.ts';

const of = (kind: WorkloadKind, status: object, spec: object = {}) =>
  rolloutOf(
    kind,
    workload.parse({
      metadata: { name: 'a', uid: 'u', resourceVersion: '1', generation: 4, creationTimestamp: '' },
      spec: { replicas: 5, template: { spec: { containers: [{ name: 'main', image: 'a:1' }] } }, ...spec },
      status: { observedGeneration: 4, ...status },
    }),
  );
const all = { replicas: 5, updatedReplicas: 5, readyReplicas: 5, availableReplicas: 5 };
const everywhere = {
  ...{ desiredNumberScheduled: 5, currentNumberScheduled: 5, updatedNumberScheduled: 5 },
  ...{ numberAvailable: 5, numberReady: 5 },
};

describe('a rollout', () => {
  it.each([
    ['complete', 'deployment', all, false, '5 of 5 pods new, 5 ready'],
    [
      'not seen by its controller',
      'deployment',
      { ...all, observedGeneration: 3 },
      true,
      'the controller has not begun',
    ],
    [
      'with old pods',
      'deployment',
      { ...all, replicas: 6, updatedReplicas: 3 },
      true,
      '3 of 5 pods new, 5 ready, 3 old',
    ],
    [
      'with an old one left over',
      'deployment',
      { ...all, replicas: 6 },
      true,
      '5 of 5 pods new, 5 ready, 1 old',
    ],
    [
      'with new pods that are not ready',
      'deployment',
      { ...all, availableReplicas: 4 },
      true,
      '5 of 5 pods new, 4 ready',
    ],
    [
      'scaled down, with pods too many',
      'deployment',
      { ...all, replicas: 7, updatedReplicas: 7, availableReplicas: 7 },
      true,
      '5 of 5 pods new, 5 ready, 2 too many',
    ],
    [
      'of one revision',
      'statefulset',
      { ...all, updatedReplicas: 0, currentRevision: 'r', updateRevision: 'r' },
      false,
      '5 of 5 pods new, 5 ready',
    ],
    [
      'from one to the next',
      'statefulset',
      { ...all, updatedReplicas: 2, currentRevision: 'r', updateRevision: 's' },
      true,
      '2 of 5 pods new, 5 ready, 3 old',
    ],
    [
      'with one ready too many',
      'statefulset',
      { ...all, readyReplicas: 6, currentRevision: 'r', updateRevision: 'r' },
      true,
      '5 of 5 pods new, 5 ready',
    ],
    ['on every node', 'daemonset', everywhere, false, '5 of 5 pods new, 5 ready'],
    [
      'on some nodes',
      'daemonset',
      { ...everywhere, updatedNumberScheduled: 2, numberAvailable: 4 },
      true,
      '2 of 5 pods new, 4 ready, 3 old',
    ],
  ] as const)('%s, of a %s', (_, kind, status, unfinished, words) => {
    expect(of(kind, status)).toMatchObject({ complete: !unfinished, words, stuck: null });
  });

  it('goes on while pods are being replaced, not while they crash', () => {
    expect(of('deployment', all).inProgress).toBe(false);
    expect(of('deployment', { ...all, availableReplicas: 0, readyReplicas: 0 }).inProgress).toBe(false);
    expect(of('deployment', { ...all, updatedReplicas: 3, replicas: 6 }).inProgress).toBe(true);
    expect(of('deployment', { ...all, observedGeneration: 3 }).inProgress).toBe(true);
  });

  it('that exceeded its deadline, or is paused, goes no further', () => {
    const status = { ...all, updatedReplicas: 2 };
    const late = {
      conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }],
    };
    expect(of('deployment', { ...status, ...late })).toMatchObject({
      inProgress: false,
      stuck: expect.stringMatching(/progress deadline with 2 of 5 pods new/),
    });
    expect(of('deployment', status, { paused: true }).stuck).toMatch(/paused/);
    // Of a change that its controller has not seen, an older condition says nothing.
    expect(of('deployment', { ...status, ...late, observedGeneration: 3 }).stuck).toBeNull();
  });
});
