import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ResourceSample, usageOf } from '../../../domain/infrastructure/usage.ts';

const sample = (metric: string, value: number, more: Partial<ResourceSample> = {}): ResourceSample => ({
  ...{ environment: 'production', service: 'orders', instance: 'orders-1', metric, attributes: '' },
  ...{ atMs: 1_000, value, ...more },
});

/** The one service of these samples. */
const usage = (...samples: ResourceSample[]) => {
  const [only, ...others] = usageOf(samples);
  if (only === undefined || others.length > 0) throw new Error('not one service');
  return only;
};

describe('CPU', () => {
  test('a share counts as it is, and with states those in which something works', () => {
    expect(usage(sample('process.cpu.utilization', 0.4)).cpu).toEqual({
      share: 0.4,
      used: null,
      limit: null,
    });
    const { cpu } = usage(
      sample('system.cpu.utilization', 0.25, { attributes: 'cpu.mode=user,cpu.logical_number=0' }),
      sample('system.cpu.utilization', 0.25, { attributes: 'cpu.mode=system,cpu.logical_number=0' }),
      sample('system.cpu.utilization', 0.5, { attributes: 'cpu.mode=idle,cpu.logical_number=0' }),
      sample('system.cpu.utilization', 0.1, { attributes: 'cpu.mode=user,cpu.logical_number=1' }),
      sample('system.cpu.utilization', 0.9, { attributes: 'cpu.mode=idle,cpu.logical_number=1' }),
    );
    expect(cpu?.share).toBeCloseTo(0.3); // (0.5 + 0.1) / 2 processors
  });

  test('cores without a limit are told as cores', () => {
    expect(usage(sample('container.cpu.usage', 1.5)).cpu).toEqual({ share: null, used: 1.5, limit: null });
  });

  test('a processor that is only idle uses nothing that can be told', () => {
    expect(usage(sample('system.cpu.utilization', 1, { attributes: 'state=idle' })).cpu).toBeNull();
  });
});

describe('memory and disk', () => {
  test('used of the limit, of the instance that is closest to it', () => {
    const { memory, instances } = usage(
      sample('container.memory.usage', 100),
      sample('container.memory.limit', 1_000),
      sample('container.memory.usage', 900, { instance: 'orders-2' }),
      sample('container.memory.limit', 1_000, { instance: 'orders-2' }),
    );
    expect({ memory, instances }).toEqual({ memory: { share: 0.9, used: 900, limit: 1_000 }, instances: 2 });
  });

  test('what is free completes a limit that nobody tells', () => {
    const { memory } = usage(sample('k8s.pod.memory.usage', 30), sample('k8s.pod.memory.available', 70));
    expect(memory).toEqual({ share: 0.3, used: 30, limit: 100 });
  });

  test('of several volumes the fullest; of a volume split by state the used part', () => {
    const on = (volume: string, state: string) => ({ attributes: `mountpoint=${volume},state=${state}` });
    const { disk } = usage(
      sample('system.filesystem.usage', 10, on('/', 'used')),
      sample('system.filesystem.usage', 990, on('/', 'free')),
      sample('system.filesystem.usage', 97, on('/data', 'used')),
      sample('system.filesystem.limit', 100, { attributes: 'mountpoint=/data' }),
      sample('system.filesystem.limit', 1_000, { attributes: 'mountpoint=/' }),
    );
    expect(disk).toEqual({ share: 0.97, used: 97, limit: 100 });
  });

  test('a limit of zero means that there is none', () => {
    const { memory } = usage(sample('container.memory.usage', 5), sample('container.memory.limit', 0));
    expect(memory).toEqual({ share: null, used: 5, limit: null });
  });
});

test('network: all instances together, by the direction that an attribute or the name says', () => {
  const { network } = usage(
    sample('container.network.io.rate', 10, { attributes: 'network.io.direction=receive' }),
    sample('container.network.io.rate', 5, {
      attributes: 'network.io.direction=receive',
      instance: 'orders-2',
    }),
    sample('container.network.io.rate', 2, { attributes: 'direction=transmit' }),
    sample('container.network.io.usage.tx_bytes.rate', 4),
    sample('container.network.io.rate', 99, { attributes: 'network.io.direction=sideways' }),
  );
  expect(network).toEqual({ receivedPerSecond: 15, sentPerSecond: 6 });
});

test('services of two environments are two, in order, each seen when its newest sample was', () => {
  const seen = usageOf([
    sample('process.cpu.utilization', 0.1, { environment: 'staging', atMs: 5 }),
    sample('process.cpu.utilization', 0.1, { atMs: 7 }),
    sample('process.memory.usage', 1, { atMs: 9 }),
  ]);
  expect(seen.map(({ environment, seenAtMs }) => [environment, seenAtMs])).toEqual([
    ['production', 9],
    ['staging', 5],
  ]);
});

test('property: the order in which samples come changes nothing', () => {
  const names = [
    'process.cpu.utilization',
    'container.memory.usage',
    'container.memory.limit',
    'other.metric',
  ];
  const samples = fc.array(
    fc.record({
      environment: fc.constantFrom('a', 'b'),
      service: fc.constantFrom('x', 'y'),
      instance: fc.constantFrom('1', '2'),
      metric: fc.constantFrom(...names),
      attributes: fc.constantFrom('', 'state=used', 'state=free'),
      atMs: fc.integer({ min: 0, max: 9 }),
      value: fc.double({ min: 0, max: 1e9, noNaN: true }),
    }),
  );
  const once = (all: ResourceSample[]) => [
    ...new Map(all.map((one) => [JSON.stringify({ ...one, atMs: 0, value: 0 }), one])).values(),
  ];
  fc.assert(
    fc.property(samples, (all) => {
      const distinct = once(all);
      const shares = (of: ResourceSample[]) =>
        usageOf(of).map(({ memory, instances }) => ({ memory, instances }));
      expect(shares(distinct.toReversed())).toEqual(shares(distinct));
    }),
  );
});
