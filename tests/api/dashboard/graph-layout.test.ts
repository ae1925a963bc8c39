// Every service of a graph has a place of its own, whatever the graph is like, and always the same one.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { box, layoutOf } from '../../../api/dashboard/incident/graph-layout.ts';
import type { ServiceMap } from '../../../api/ports/services.ts';

const names = fc.constantFrom(...'abcdefghijkl'.split(''));
const graphs: fc.Arbitrary<ServiceMap> = fc
  .array(fc.record({ caller: names, callee: names }), { maxLength: 40 })
  .map((all) => {
    const edges = all.filter(({ caller, callee }) => caller !== callee);
    const services = [
      ...new Set(['alone', ...edges.flatMap(({ caller, callee }) => [caller, callee])]),
    ].toSorted();
    return { services, edges, outside: [], blastSet: [] };
  });

test('no two cover each other and all are inside, circles included', () => {
  fc.assert(
    fc.property(graphs, (map) => {
      const { places, width, height, left } = layoutOf(map, new Set());
      expect(left).toBe(0);
      expect(places.map(({ service }) => service).toSorted()).toEqual(map.services);
      for (const [index, one] of places.entries()) {
        expect(one.x >= 0 && one.y >= 0 && one.x + box.width <= width && one.y + box.height <= height).toBe(
          true,
        );
        for (const other of places.slice(index + 1)) {
          const apart = Math.abs(one.x - other.x) >= box.width || Math.abs(one.y - other.y) >= box.height;
          expect(apart).toBe(true);
        }
      }
    }),
  );
});

test('the same graph, told in another order, has the same places', () => {
  fc.assert(
    fc.property(graphs, (map) => {
      const other = { ...map, services: map.services.toReversed(), edges: map.edges.toReversed() };
      expect(layoutOf(other, new Set()).places).toEqual(layoutOf(map, new Set()).places);
    }),
  );
});

test('callers stand left of whom they call', () => {
  const edges = [
    { caller: 'front', callee: 'orders' },
    { caller: 'orders', callee: 'stock' },
    { caller: 'front', callee: 'stock' },
  ];
  const { places } = layoutOf(
    { services: ['front', 'orders', 'stock'], edges, outside: [], blastSet: [] },
    new Set(),
  );
  const x = (service: string) => places.find((place) => place.service === service)?.x ?? Number.NaN;
  expect(x('front')).toBeLessThan(x('orders'));
  expect(x('orders')).toBeLessThan(x('stock'));
});

test('of a graph too large to read the important services are shown, and the others counted', () => {
  const services = Array.from({ length: 200 }, (_, index) => `service-${String(index).padStart(3, '0')}`);
  const edges = services.slice(1).map((callee) => ({ caller: 'service-000', callee }));
  const { places, left } = layoutOf({ services, edges, outside: [], blastSet: [] }, new Set(['service-150']));
  expect(places.map(({ service }) => service)).toContain('service-150');
  expect(places.length + left).toBe(200);
  expect(places.length).toBeLessThanOrEqual(40);
});

test('everybody calls everybody', () => {
  const services = Array.from({ length: 30 }, (_, index) => `s${index}`);
  const edges = services
    .flatMap((caller) => services.map((callee) => ({ caller, callee })))
    .filter(({ caller, callee }) => caller !== callee);
  expect(layoutOf({ services, edges, outside: [], blastSet: [] }, new Set()).places).toHaveLength(30);
});
