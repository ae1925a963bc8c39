import { describe, expect, it } from 'vitest';
import { ServiceGraph } from '../../../domain/correlation/service-graph.ts';

const edges = [
  { caller: 'a', callee: 'b' },
  { caller: 'b', callee: 'c' },
  { caller: 'c', callee: 'd' },
];
const around = (service: string, maxHops: number, more: typeof edges = []) =>
  [...new ServiceGraph([...edges, ...more], maxHops).around(service)].sort();

describe('around a service', () => {
  it('follows calls in both directions, no further than asked', () => {
    expect(around('b', 1)).toEqual(['a', 'b', 'c']);
    expect(around('b', 0)).toEqual(['b']);
    expect(around('a', 9)).toEqual(['a', 'b', 'c', 'd']);
    expect(around('unknown', 9)).toEqual(['unknown']);
  });

  it('ends on circles', () => {
    expect(around('a', 99, [{ caller: 'd', callee: 'a' }])).toEqual(['a', 'b', 'c', 'd']);
  });
});

it('parts of the graph that no call connects are told apart, and services of which none is known', () => {
  const graph = new ServiceGraph([...edges, { caller: 'x', callee: 'y' }], 1);
  expect(graph.partOf('d')).toBe('a');
  expect(graph.partOf('a')).toBe('a');
  expect(graph.partOf('x')).toBe(graph.partOf('y'));
  expect(graph.partOf('x')).not.toBe(graph.partOf('a'));
  expect(graph.partOf('unknown')).toBeNull();
});
