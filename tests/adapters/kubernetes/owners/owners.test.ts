/** One case of each kind of owner; and each way of not keeping the promise is found. `npm run owners` makes hundreds. */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type * as Owner from '../../../../adapters/kubernetes/owner.ts';
import { describeWith } from '../../../support/component.ts';
import type { KubernetesInfo } from '../../../support/components/kubernetes.ts';
import { type OwnerCase, ownerCases, ownerKinds, showsBeforeSend, takesBack } from './cases.ts';
import { type Judged, namespacesFor, owners, type Wanted } from './owners.ts';
import { type OwnersWorld, openWorld } from './world.ts';

const planted = vi.hoisted(() => ({ sees: 'owners' as 'owners' | 'nobody' }));
vi.mock('../../../../adapters/kubernetes/owner.ts', async (original) => {
  const real = await original<typeof Owner>();
  const ownerOf: typeof real.ownerOf = (...asked) =>
    planted.sees === 'nobody' ? null : real.ownerOf(...asked);
  return { ...real, ownerOf };
});

const atOnce = ownerKinds.length;
const patient = { timeout: 400_000 };
let runs = 0;

await describeWith<KubernetesInfo>('kubernetes', 'what its owner would take back', (info) => {
  let world: OwnersWorld;
  beforeAll(async () => {
    world = await openWorld(info, namespacesFor(atOnce));
  }, 240_000);
  afterEach(() => {
    planted.sees = 'owners';
  });
  afterAll(() => world?.close());

  const judged = (cases: readonly OwnerCase[], more: Partial<Wanted> = {}): Promise<readonly Judged[]> => {
    runs += 1;
    return owners(world, {
      cases: cases.map((one) => ({ ...one, name: `${one.name}-${runs}` })),
      atOnce,
      ...more,
    });
  };

  it(
    'is neither done blindly nor told as fixed, whoever the owner is; what lasts is done',
    patient,
    async () => {
      const cases = ownerCases(ownerKinds.length, 1).slice(0, ownerKinds.length);
      const all = await judged(cases);
      expect(all.map(({ owner }) => owner).toSorted()).toEqual(ownerKinds.toSorted());
      expect(all.filter(({ blindly, toldAsFixed }) => blindly || toldAsFixed)).toEqual([]);
      const lasting = all.find(({ owner }) => owner === 'nobody')?.told;
      expect(lasting, JSON.stringify(lasting)).toMatchObject({ as: 'recovered' });
      expect(all.filter((one) => takesBack(one) && one.told.as === 'refused').length).toBeGreaterThan(0);
    },
  );

  it('an executor that sees no owner is found', patient, async () => {
    planted.sees = 'nobody';
    const shown = ownerCases(130, 1).filter((one) => takesBack(one) && showsBeforeSend(one));
    const cases = shown
      .filter(({ owner }) => owner === 'operator' || owner === 'argo-annotation')
      .slice(0, 3);
    const all = await judged(cases);
    expect(all.map(({ blindly }) => blindly)).toEqual([true, true, true]);
  });

  it('a verification that does not look at the workload again is found', patient, async () => {
    const cases = ownerCases(400, 1)
      .filter((one) => takesBack(one) && one.appears === 'after-effect' && one.reconcile === 'last-look')
      .filter(({ owner }) => owner.startsWith('unknown') || owner.startsWith('argo'))
      .slice(0, 3);
    const [deceived, careful] = [await judged(cases, { verifies: 'at-once' }), await judged(cases)];
    expect(deceived.map(({ toldAsFixed }) => toldAsFixed)).toEqual([true, true, true]);
    expect(careful.map(({ toldAsFixed }) => toldAsFixed)).toEqual([false, false, false]);
  });
});
