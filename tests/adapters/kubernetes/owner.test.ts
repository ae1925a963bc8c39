/** Who would undo what Sentinel changes is told from what they write on a workload, and only where they would undo it. */
import { describe, expect, it } from 'vitest';
import { autoscaler, workload } from '../../../adapters/kubernetes/objects.ts';
import { ownerOf } from '../../../adapters/kubernetes/owner.ts';

const identity = { uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
const given = (metadata: object) =>
  workload.parse({
    metadata: { name: 'orders', namespace: 'shop', ...identity, ...metadata },
    spec: { template: { spec: { containers: [{ name: 'main', image: 'orders:v1' }] } } },
  });
const fields = (manager: string, spec: object) => ({
  managedFields: [{ manager, operation: 'Apply', fieldsV1: { 'f:spec': spec } }],
});
const scaler = (metadata: object = {}) =>
  autoscaler.parse({
    metadata: { name: 'orders-scaler', namespace: 'shop', ...identity, ...metadata },
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'orders' }, minReplicas: 2, maxReplicas: 6 },
  });

const argo = { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/orders' } };
const flux = { labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' } };
const ofTemplate = ['rollback-release', 'deploy-release', 'rollback-config', 'apply-config'];

describe('the owner of a workload', () => {
  it('is nobody where nobody else writes', () => {
    expect(ownerOf('deployment', given({}), [])).toBeNull();
  });

  it.each([
    ['argo-cd', argo, 'argocd-controller'],
    ['flux', flux, 'kustomize-controller'],
  ])('is %s, which puts back what is in Git', (name, marks, manager) => {
    const all = ownerOf('deployment', given({ ...marks, ...fields(manager, { 'f:replicas': {} }) }), []);
    expect(all).toMatchObject({ name, reverts: [...ofTemplate, 'scale'] });
    // Who leaves the number of replicas out of Git leaves it to others.
    const some = ownerOf('deployment', given({ ...marks, ...fields(manager, { 'f:template': {} }) }), []);
    expect(some?.reverts).toEqual(ofTemplate);
  });

  it('counts as reverting replicas where nobody recorded who set them', () => {
    expect(ownerOf('deployment', given(argo), [])?.reverts).toContain('scale');
  });

  it.each([
    ['argo-cd', argo, 'argocd-controller'],
    ['flux', { labels: { 'helm.toolkit.fluxcd.io/name': 'shop' } }, 'helm-controller'],
  ])('is %s, which took over a workload as it was: the replicas are its, too', (_, marks, manager) => {
    const changed = { manager, operation: 'Update', fieldsV1: { 'f:metadata': { 'f:annotations': {} } } };
    const taken = { ...marks, managedFields: [changed] };
    expect(ownerOf('deployment', given(taken), [])?.reverts).toContain('scale');
    const noted = (spec: object | null) => {
      const text = JSON.stringify({ metadata: { name: 'orders' }, spec });
      return ownerOf(
        'deployment',
        given({
          ...taken,
          annotations: {
            ...('annotations' in marks ? marks.annotations : {}),
            'kubectl.kubernetes.io/last-applied-configuration': text,
          },
        }),
        [],
      );
    };
    expect(noted({ replicas: 2 })?.reverts).toContain('scale');
    expect(noted({ template: {} })?.reverts).toEqual(ofTemplate);
    expect(noted(null)?.reverts).toContain('scale');
  });

  it('is known by what it manages, without any label', () => {
    const its = given(fields('argocd-controller', { 'f:replicas': {} }));
    expect(ownerOf('deployment', its, [])?.name).toBe('argo-cd');
  });

  it('is an autoscaler for the number of replicas alone, also one that KEDA made', () => {
    expect(ownerOf('deployment', given({}), [scaler()])).toMatchObject({ name: 'hpa', reverts: ['scale'] });
    const keda = { ownerReferences: [{ kind: 'ScaledObject', name: 'orders', uid: 's', controller: true }] };
    expect(ownerOf('deployment', given({}), [scaler(keda)])?.name).toBe('keda');
    expect(ownerOf('statefulset', given({}), [scaler()])).toBeNull();
  });

  it('is the operator whose resource it belongs to', () => {
    const references = [{ kind: 'Kafka', name: 'events', uid: 'k', controller: true }];
    const owner = ownerOf('statefulset', given({ ownerReferences: references }), []);
    expect(owner).toMatchObject({ name: 'kafka', reverts: [...ofTemplate, 'scale'] });
  });

  it('is Helm, which reverts nothing before somebody runs it', () => {
    const marks = {
      labels: { 'app.kubernetes.io/managed-by': 'Helm' },
      annotations: { 'meta.helm.sh/release-name': 'shop' },
    };
    expect(ownerOf('deployment', given(marks), [])).toMatchObject({ name: 'helm', reverts: [] });
  });

  it('may be several, and what any of them reverts counts', () => {
    const owner = ownerOf('deployment', given({ ...argo, ...fields('argocd-controller', {}) }), [scaler()]);
    expect(owner).toMatchObject({ name: 'argo-cd + hpa', reverts: [...ofTemplate, 'scale'] });
  });
});
