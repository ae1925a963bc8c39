// Which instances of a service are kept when there are more than there is room for.

import { expect, test } from 'vitest';
import { ServiceLife } from '../../../../domain/detection/watch/liveness.ts';

const limits = { instancesPerService: 2, idleSeriesMs: 900_000 };

function hear(life: ServiceLife, instance: string, atMs: number): void {
  life.note(
    instance,
    { receivedMs: atMs, eventMs: atMs, own: true, periodic: true, call: false, log: false },
    limits,
  );
}

test('the one not heard of for longest goes, and not before it was silent for long', () => {
  const life = new ServiceLife('orders', 0);
  hear(life, 'a', 0);
  hear(life, 'b', 0);
  hear(life, 'a', 899_000);
  hear(life, 'c', 899_999);
  expect([...life.instances.keys()]).toEqual(['b', 'a']);
  hear(life, 'c', 900_000);
  expect([...life.instances.keys()]).toEqual(['a', 'c']);
});

test('a flood of names pushes nobody out', () => {
  const life = new ServiceLife('orders', 0);
  hear(life, 'a', 0);
  hear(life, 'b', 0);
  for (let n = 0; n < 1_000; n += 1) hear(life, `invented-${n}`, n);
  expect([...life.instances.keys()]).toEqual(['a', 'b']);
});
