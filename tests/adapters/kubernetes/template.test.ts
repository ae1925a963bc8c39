/** What runs is told from the pod template: the same release is called the same, whatever else was done to the workload. */
import { describe, expect, it } from 'vitest';
import { splitImage, versionOf } from '../../../adapters/kubernetes/template.ts';

const template = (image: string, more: { labels?: object; annotations?: object; env?: string } = {}) =>
  ({
    metadata: { labels: { app: 'orders', ...more.labels }, annotations: { ...more.annotations } },
    spec: { containers: [{ name: 'main', image, env: [{ name: 'MODE', value: more.env ?? '1' }] }] },
  }) as Parameters<typeof versionOf>[0];

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('the parts of an image', () => {
  it.each([
    ['orders', 'orders', 'latest'],
    ['orders:v3', 'orders', 'v3'],
    ['registry.test:5000/shop/orders', 'registry.test:5000/shop/orders', 'latest'],
    ['registry.test:5000/shop/orders:v3', 'registry.test:5000/shop/orders', 'v3'],
    [`orders@${digest}`, 'orders', 'sha256:0123456789ab'],
    [`orders:v3@${digest}`, 'orders', 'v3@sha256:0123456789ab'],
  ])('of %s', (image, repository, tag) => {
    expect(splitImage(image)).toEqual({ repository, tag });
  });
});

describe('a version', () => {
  const before = versionOf(template('shop/orders:v1'));

  it('has a release and a configuration of its own', () => {
    expect(versionOf(template('shop/orders:v2'))).toEqual({ release: 'v2', config: before.config });
    const other = versionOf(template('shop/orders:v1', { env: '2' }));
    expect(other.release).toBe('v1');
    expect(other.config).not.toBe(before.config);
  });

  it('is not changed by a restart, nor by what controllers write', () => {
    const marks = {
      annotations: { 'kubectl.kubernetes.io/restartedAt': 'now', 'sentinel.dev/restarted-by': 'intent-1' },
      labels: { 'pod-template-hash': '5d4f8c7b9' },
    };
    expect(versionOf(template('shop/orders:v1', marks))).toEqual(before);
  });

  it('tells another repository with the same tag apart', () => {
    expect(versionOf(template('elsewhere/orders:v1'))).not.toEqual(before);
  });

  it('is a name that a plan can carry, however many containers there are', () => {
    const { metadata } = template('a:1');
    const containers = Array.from({ length: 30 }, (_, index) => ({
      name: `c${index}`,
      image: `a:v${index}`,
    }));
    expect(versionOf({ metadata, spec: { containers } }).release).toMatch(/^[A-Za-z0-9._:/@+-]{1,100}$/);
  });
});
