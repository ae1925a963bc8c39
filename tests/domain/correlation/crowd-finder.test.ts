import { describe, expect, it } from 'vitest';
import { type Bearer, CrowdFinder, type CrowdRules } from '../../../domain/correlation/crowd-finder.ts';
import { crowdOf, type Mark, type MarkKind } from '../../../domain/correlation/marks.ts';

const rules: CrowdRules = { windowMs: 120_000, least: crowdOf };
const mark = (kind: MarkKind, value: string): Mark => ({ kind, value, key: `${kind} ${value}` });
const slow = mark('text', 'slow');
const full = mark('text', 'full');
const bearer = (service: string, one: Mark, seconds = 0, incidentId?: string): Bearer => ({
  ...{ mark: one, service, atMs: seconds * 1_000 },
  incident: incidentId === undefined ? null : { id: incidentId, openedAtMs: seconds * 1_000 },
});
const crowdsOf = (bearers: readonly Bearer[], given = rules) => {
  const finder = new CrowdFinder(bearers, given);
  return bearers.map((one) => finder.of([one]));
};

describe('a crowd', () => {
  it('is enough services with the same mark, and one more alert of a service adds nothing', () => {
    const few = [bearer('a', slow), bearer('b', slow), bearer('b', slow, 1)];
    expect(crowdsOf(few)).toEqual([null, null, null]);
    const all = crowdsOf([...few, bearer('c', slow, 2)]);
    expect(all).toHaveLength(4);
    for (const one of all) expect(one).toEqual({ mark: slow, others: 2, incidentId: null });
  });

  it('is of about the same time', () => {
    expect(crowdsOf([bearer('a', slow), bearer('b', slow), bearer('c', slow, 121)])).toEqual([
      null,
      null,
      null,
    ]);
    const twice = [
      ...['a', 'b', 'c'].map((one) => bearer(one, slow, 0)),
      ...['d', 'e', 'f'].map((one) => bearer(one, slow, 9_000)),
    ];
    const finder = new CrowdFinder(twice, rules);
    finder.opened({ id: 'early', openedAtMs: 0 }, twice.slice(0, 1));
    const found = twice.map((one) => finder.of([one]));
    expect(found.map((one) => one?.incidentId)).toEqual(['early', 'early', 'early', null, null, null]);
    expect(found.map((one) => one?.others)).toEqual(Array(6).fill(2));
  });

  it('takes more services of a zone than of a node, and none where it is switched off', () => {
    const of = (kind: MarkKind, count: number) =>
      crowdsOf(Array.from({ length: count }, (_, index) => bearer(`s${index}`, mark(kind, 'x'))))[0];
    for (const kind of ['node', 'text', 'release', 'zone'] as const) {
      expect(of(kind, crowdOf[kind] - 1)).toBeNull();
      expect(of(kind, crowdOf[kind])).toMatchObject({ others: crowdOf[kind] - 1 });
    }
    const off = { ...rules, least: { ...crowdOf, text: 0 } };
    expect(
      crowdsOf(
        ['a', 'b', 'c', 'd'].map((one) => bearer(one, slow)),
        off,
      )[0],
    ).toBeNull();
  });

  it('is two with a node that fires itself', () => {
    const n1 = mark('node', 'n1');
    expect(crowdsOf([bearer('a', n1), bearer('n1', n1)])[0]).toMatchObject({ others: 1 });
    expect(crowdsOf([bearer('a', n1), bearer('b', n1)])[0]).toBeNull();
  });

  it('has the oldest incident of its alerts', () => {
    const [first, second] = [bearer('b', slow, 1, 'first'), bearer('a', slow, 5, 'second')];
    for (const known of [
      [first, second],
      [second, first],
    ]) {
      const all = [...known, bearer('c', slow, 9)];
      expect(crowdsOf(all)[2]).toEqual({ mark: slow, others: 2, incidentId: 'first' });
    }
  });
});

describe('two crowds', () => {
  const three = (one: Mark, ...services: string[]) => services.map((service) => bearer(service, one));

  it('stay two when nothing connects them', () => {
    const all = [...three(slow, 'a', 'b', 'c'), ...three(full, 'x', 'y', 'z')];
    const finder = new CrowdFinder(all, rules);
    finder.opened({ id: 'i1', openedAtMs: 0 }, all.slice(0, 1));
    expect(all.map((one) => finder.of([one])?.incidentId ?? null)).toEqual([
      ...['i1', 'i1', 'i1'],
      ...[null, null, null],
    ]);
  });

  it('stay two on two nodes that fire themselves, whatever is said on them; without that the same is said by all', () => {
    const on = (node: string, ...services: string[]) =>
      services.flatMap((service) => [bearer(service, mark('node', node)), bearer(service, slow)]);
    const pods = [...on('n1', 'a', 'b', 'c'), ...on('n2', 'x', 'y', 'z')];
    const incidentsOf = (all: readonly Bearer[]) => {
      const finder = new CrowdFinder(all, rules);
      finder.opened({ id: 'i1', openedAtMs: 0 }, all.slice(0, 1));
      return all.map((one) => finder.of([one])?.incidentId ?? null);
    };
    expect(incidentsOf(pods)).toEqual(Array(12).fill('i1'));
    const down = ['n1', 'n2'].map((node) => bearer(node, mark('node', node)));
    expect(incidentsOf([...pods, ...down])).toEqual([
      ...Array(6).fill('i1'),
      ...Array(6).fill(null),
      ...['i1', null],
    ]);
  });

  it('are one with a service in both, or an incident', () => {
    const shared = [...three(slow, 'a', 'b', 'c'), ...three(full, 'c', 'y', 'z')];
    const finder = new CrowdFinder(shared, rules);
    finder.opened({ id: 'i1', openedAtMs: 0 }, shared.slice(0, 1));
    expect(finder.of(shared.slice(-1))?.incidentId).toBe('i1');

    const kept = [bearer('a', slow, 0, 'older'), bearer('b', slow, 1, 'i2'), bearer('x', full, 1, 'i2')];
    const all = [...kept, ...three(slow, 'c'), ...three(full, 'y', 'z')];
    expect(crowdsOf(all).map((one) => one?.incidentId)).toEqual(Array(6).fill('older'));
  });
});
