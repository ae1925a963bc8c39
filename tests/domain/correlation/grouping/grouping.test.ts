import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GroupedAlert, Grouping } from '../../../../domain/correlation/grouping/grouping.ts';
import { ServiceGraph } from '../../../../domain/correlation/service-graph.ts';

const noon = Date.UTC(2026, 2, 1, 12);
const hourMs = 3_600_000;

const alert = (service: string | null, seconds: number, more: Partial<GroupedAlert> = {}): GroupedAlert => ({
  ...{ atMs: noon + seconds * 1_000, name: 'HighErrorRate', service, environment: '', common: {} },
  ...more,
});
const groupsOf = (alerts: readonly GroupedAlert[], grouping = new Grouping()) =>
  alerts.map((one) => grouping.place(one).group);
const range = (length: number) => Array.from({ length }, (_, index) => index);

describe('alerts that name a service', () => {
  it('stay together while the service has them, and with those it calls', () => {
    const graph = new ServiceGraph([{ caller: 'shop', callee: 'cart' }], 2);
    const grouping = new Grouping(graph);
    expect(grouping.place(alert('cart', 0, { name: 'A' }))).toMatchObject({ group: '1' });
    expect(grouping.place(alert('cart', 60, { name: 'B' }))).toMatchObject({
      group: '1',
      why: 'cart has it already',
    });
    const near = { group: '1', why: 'near cart in the service graph' };
    expect(grouping.place(alert('shop', 90, { name: 'C' }))).toMatchObject(near);
  });

  it('two faults at once stay two: other services, and something else is said', () => {
    const both = range(20).flatMap((second) => [
      alert('cart', second, { name: 'HighErrorRate' }),
      alert('mail', second, { name: 'DiskFull' }),
    ]);
    expect(new Set(groupsOf(both))).toEqual(new Set(['1', '2']));
  });

  it('one cause behind 10,000 alerts of 500 services in a minute is three groups at most', () => {
    const storm = range(10_000).map((index) =>
      alert(`service-${(index * 7) % 500}`, index * 0.006, { name: `service-${(index * 7) % 500} is slow` }),
    );
    expect(new Set(groupsOf(storm)).size).toBeLessThanOrEqual(3);
  });

  it('two storms that say the same stay two when no calls connect their services', () => {
    const edges = ['a', 'b'].flatMap((part) =>
      range(40).map((index) => ({ caller: `${part}-${index}`, callee: `${part}-${index + 1}` })),
    );
    const grouping = new Grouping(new ServiceGraph(edges, 1));
    const shuffled = range(40).map((index) => (index * 17) % 40);
    const both = shuffled.flatMap((index, second) => [
      alert(`a-${index}`, second),
      alert(`b-${index}`, second),
    ]);
    const groups = groupsOf(both, grouping);
    const ofPart = (part: number) => new Set(groups.filter((_, at) => at % 2 === part));
    expect(ofPart(0).intersection(ofPart(1)).size).toBe(0);
    expect(ofPart(0).size + ofPart(1).size).toBeLessThanOrEqual(6);
  });

  it('a release behind them is a reason from five services on, and says so', () => {
    const grouping = new Grouping();
    const placed = range(5).map((index) =>
      grouping.place(
        alert(`s-${index}`, index, { name: `${'abcde'[index]} failed`, common: { release: 'r7' } }),
      ),
    );
    expect(placed[3]?.why).toBe('nothing it belongs to is open');
    expect(placed[4]).toMatchObject({ group: '1', why: 'on release r7 with 4 other services' });
  });

  it('what is long past is no crowd', () => {
    const named = (index: number, seconds: number) => alert(`s-${index}`, seconds);
    expect(groupsOf([named(1, 0), named(2, 0), named(3, 121)])).toEqual(['1', '2', '3']);
    expect(groupsOf([named(1, 0), named(2, 0), named(3, 119)])).toEqual(['1', '2', '1']);
  });
});

it('a node that is down explains what fires on it, whichever came first; on another node, it is another incident', () => {
  const on = (service: string, second: number, node: string, name: string) =>
    alert(service, second, { name, common: { node } });
  const down = alert(null, 10, { name: 'NodeDown', common: { node: 'n1' } });
  const after = [down, on('cart', 11, 'n1', 'PodGone'), on('mail', 12, 'n2', 'QueueFull')];
  expect(groupsOf(after)).toEqual(['1', '1', '2']);
  expect(groupsOf([on('cart', 9, 'n1', 'PodGone'), down])).toEqual(['1', '1']);
  expect(new Grouping().place(down)).toMatchObject({ why: 'nothing it belongs to is open' });
});

describe('alerts that name no service', () => {
  it('are split where the silence is long for what came before', () => {
    const burst = (from: number) => range(100).map((index) => alert(null, from + index * 0.1));
    const groups = groupsOf([...burst(0), ...burst(60), alert(null, 900)]);
    expect([groups[0], groups[99], groups[100], groups[199], groups[200]]).toEqual(['1', '1', '2', '2', '3']);
  });

  it('of other clusters, regions and environments are apart', () => {
    const at = (cluster: string, environment = '') => alert(null, 0, { environment, common: { cluster } });
    expect(groupsOf([at('a'), at('b'), at('a'), at('a', 'test')])).toEqual(['1', '2', '1', '3']);
  });
});

describe('what fires all the time', () => {
  const hourly = (hours: number) => range(hours).map((hour) => alert(null, (hour * hourMs) / 1_000));

  it('is background from the fourth hour on, one group a day', () => {
    const groups = groupsOf(hourly(13));
    expect(groups.slice(0, 4)).toEqual(['1', '2', '3', 'background 2026-03-01']);
    expect(groups.at(-1)).toBe('background 2026-03-02');
  });

  it('is an incident again when it bursts', () => {
    const grouping = new Grouping();
    groupsOf(hourly(10), grouping);
    const burst = range(30).map((index) => alert(null, 10 * 3_600 + index));
    const groups = groupsOf(burst, grouping);
    expect(groups[0]).toMatch('background');
    expect(groups.at(-1)).toMatch(/^\d+$/);
  });

  it('for one service says nothing about another', () => {
    const grouping = new Grouping();
    const ofCart = (hours: number) => range(hours).map((hour) => alert('cart', hour * 3_600));
    expect(groupsOf(ofCart(6), grouping).at(-1)).toMatch('background');
    expect(grouping.place(alert('mail', 6 * 3_600)).group).not.toMatch('background');
  });
});

it('nothing looks ahead: alerts have the groups that they have when nothing comes after them', () => {
  const anAlert = fc.record({
    waitMs: fc.nat(400_000),
    service: fc.constantFrom('a', 'b', 'c', 'd', null),
    name: fc.constantFrom('X', 'Y'),
    node: fc.constantFrom('n1', 'n2'),
  });
  fc.assert(
    fc.property(fc.array(anAlert, { maxLength: 60 }), fc.nat(60), (given, length) => {
      let atMs = noon;
      const alerts = given.map(({ waitMs, service, name, node }) => {
        atMs += waitMs;
        return alert(service, 0, { atMs, name, common: { node } });
      });
      expect(groupsOf(alerts.slice(0, length))).toEqual(groupsOf(alerts).slice(0, length));
    }),
    { numRuns: 50 },
  );
});
