// What two alerts can be about, on the labelled pairs that the figures are taken on: whatever a sentence embedding says of their words,
// alerts that are not about one thing are told apart by their subjects, their labels or what they say of too much and too little.

import { expect, test } from 'vitest';
import { type DescribedAlert, describedPairs } from '../../../bench/support/described-pairs.ts';
import { ServiceGraph } from '../../../domain/correlation/service-graph.ts';
import { sharedSubject } from '../../../domain/correlation/shared-subject.ts';
import { type Described, descriptionOf, differInMeaning } from '../../../domain/memory/description.ts';

const graphOf = (calls: readonly string[]) =>
  new ServiceGraph(
    calls.map((call) => {
      const [caller = '', callee = ''] = call.split('>');
      return { caller, callee };
    }),
    2,
  );
const of = ({ service, title, rule, common = {} }: DescribedAlert): Described => ({
  service,
  title,
  common: { ...common, ...(rule === undefined ? {} : { rule }) },
});

test('the same words about different things share no subject', () => {
  const boilerPlate = describedPairs.filter(({ alike, one, other }) => {
    return !alike && descriptionOf(of(one)) === descriptionOf(of(other));
  });
  expect(boilerPlate.length).toBeGreaterThan(20);
  for (const { one, other, calls } of boilerPlate)
    expect([one.title, other.title, sharedSubject(of(one), of(other), graphOf(calls))]).toEqual([
      one.title,
      other.title,
      null,
    ]);
});

test('it does not matter which came first', () => {
  for (const { one, other, calls } of describedPairs) {
    const graph = graphOf(calls);
    const [there, back] = [
      sharedSubject(of(one), of(other), graph),
      sharedSubject(of(other), of(one), graph),
    ];
    expect(there === null).toBe(back === null);
  }
});

test('most of what is about one thing is seen to be, with a reason in words', () => {
  const about = describedPairs.filter(({ alike }) => alike);
  const seen = about.filter(
    ({ one, other, calls }) =>
      sharedSubject(of(one), of(other), graphOf(calls)) !== null &&
      !differInMeaning(descriptionOf(of(one)), descriptionOf(of(other))),
  );
  expect(seen.length / about.length).toBeGreaterThan(0.7);
});

test.each([
  ['near in the graph', 'web', 'bff', {}, {}, ['web>bff'], 'near bff in the service graph'],
  ['unconnected in the graph', 'web', 'bff', {}, {}, ['web>x', 'bff>y'], null],
  ['by another name', 'prod-tills', 'tills-api', {}, {}, [], 'prod-tills is tills-api by another name'],
  ['another name in another region', 'tills', 'tills-api', { region: 'a' }, { region: 'b' }, [], null],
  ['one node', 'kubelet', 'zabbix', { node: 'n-1' }, { node: 'n-1' }, [], 'on node n-1 like zabbix'],
  ['two nodes', 'kubelet', 'kubelet', { node: 'n-1' }, { node: 'n-2' }, [], null],
  ['names that are only kinds', 'api', 'worker', {}, {}, [], null],
  ['nothing', 'mail', 'wiki', {}, {}, [], null],
] as const)('%s', (_name, one, other, left, right, calls, expected) => {
  const title = 'it fails';
  expect(
    sharedSubject(
      { service: one, title, common: left },
      { service: other, title, common: right },
      graphOf([...calls]),
    ),
  ).toBe(expected);
});
