/** What a step changes, in words. */
import { expect, test } from 'vitest';
import { actionIds } from '../../../domain/remediation/actions/index.ts';
import { inverseOf } from '../../../domain/remediation/catalogue.ts';
import { changeOf, undoOf } from '../../../domain/remediation/change.ts';
import { step, target } from './plans.ts';

const key = (name: string) => `kubernetes/main/shop/deployment/${name}`;
/** As if a target were everything at once: each action speaks of its own part. */
const state = target('api', {
  node: {
    cordoned: 'no',
    carries: [
      { key: key('orders'), here: 1, elsewhere: 2 },
      { key: key('ledger'), here: 2, elsewhere: 0 },
    ],
    ...{ runs: [], pool: 'kubernetes/main/_/cluster/nodes', losesFilesOf: 2 },
  },
  owner: {
    ...{ name: 'argo-cd', detail: '', reverts: ['scale'] },
    sync: { key: 'k', name: 'application shop', is: 'on', lifts: ['scale'] },
  },
});

test.each([
  ['scale', { replicas: 5 }, '2 replicas', '5 replicas'],
  ['rollback-release', { to: 'v1' }, 'release v2', 'release v1'],
  ['deploy-release', { release: 'v3' }, 'release v2', 'release v3'],
  ['rollback-config', { to: 'c1' }, 'configuration c2', 'configuration c1'],
  ['apply-config', { version: 'c3' }, 'configuration c2', 'configuration c3'],
  ['clear-sandbox', {}, 'sandbox 90 B of 100 B full', 'sandbox empty, its files deleted'],
  [
    'drain',
    { taskId: 'api-1' },
    'replica api-1 takes requests',
    'replica api-1 takes no new requests; 1 other replica serves on',
  ],
  ['undrain', { taskId: 'api-1' }, 'replica api-1 takes no new requests', 'replica api-1 takes requests'],
  [
    'restart',
    {},
    '2 of 2 replicas running',
    'every replica replaced by a fresh process, one after the other; release v2 and configuration c2 stay',
  ],
  [
    'restart',
    { taskId: 'api-2' },
    'replica api-2 running',
    'replica api-2 replaced by a fresh process; 1 other replica serves on; release v2 and configuration c2 stay',
  ],
  ['stop', {}, '2 of 2 replicas running', 'stopped, nothing serves'],
  ['start', {}, 'stopped, nothing serves', '2 replicas running'],
  ['cordon', {}, 'new replicas: may go there', 'no new replicas go there; what runs on it stays'],
  ['uncordon', {}, 'new replicas: may go there', 'new replicas may go there'],
  [
    'drain-node',
    { deleteLocalFiles: true },
    '3 replicas of 2 targets on it are ready',
    'everything that can be moved runs elsewhere, and no new replicas go there; nothing moves back by itself; 1 of the targets have no other replica and are away meanwhile; local files of 2 replicas are lost',
  ],
  [
    'pause-sync',
    {},
    'application shop syncs from Git',
    'application shop is paused: nothing from Git reaches what it keeps',
  ],
  [
    'resume-sync',
    {},
    'application shop is paused: nothing from Git reaches what it keeps',
    'application shop syncs from Git',
  ],
] as const)('%s %j', (action, parameters, before, after) => {
  expect(changeOf(step({ action, parameters, before: state }))).toEqual({ before, after });
});

test('every action says how it is undone', () => {
  const before = state;
  const undo = Object.fromEntries(
    actionIds.map((action) => {
      const inverse = inverseOf(action, before, { taskId: 'api-1' });
      return [action, undoOf({ action, before, inverse, reversible: action !== 'clear-sandbox' }).text];
    }),
  );
  expect(undo).toEqual({
    restart: 'nothing to undo',
    scale: '2 replicas again (scale)',
    'rollback-release': 'release v2 again (deploy-release)',
    'deploy-release': 'release v2 again (deploy-release)',
    'rollback-config': 'configuration c2 again (apply-config)',
    'apply-config': 'configuration c2 again (apply-config)',
    'clear-sandbox': 'cannot be undone: Sentinel does not bring deleted files back',
    cordon: 'new replicas may go there again (uncordon)',
    uncordon: 'no new replicas go there; what runs on it stays again (cordon)',
    'drain-node': 'new replicas may go there again (uncordon)',
    'pause-sync': 'application shop syncs from Git again (resume-sync)',
    'resume-sync': 'application shop is paused: nothing from Git reaches what it keeps again (pause-sync)',
    drain: 'replica api-1 takes requests again (undrain)',
    undrain: 'replica api-1 takes no new requests; 1 other replica serves on again (drain)',
    stop: '2 replicas running again (start)',
    start: 'stopped, nothing serves again (stop)',
  });
});

test('an undo that does not bring everything back says what is lost', () => {
  const before = { ...state, stopLoses: 'what is on its disks is gone' };
  const inverse = inverseOf('stop', before, {});
  expect(undoOf({ action: 'stop', before, inverse, reversible: false })).toEqual({
    kind: 'inverse',
    text: '2 replicas running again (start), but what is on its disks is gone',
  });
});

test('a name from an executor cannot break out of its line', () => {
  const { before } = changeOf(
    step({
      action: 'rollback-release',
      parameters: { to: 'v1' },
      before: target('api', { release: 'v2\n\n# hi\u202e' }),
    }),
  );
  expect(before).toBe('release v2 # hi');
});
