import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  boundedLabels,
  type LabelSet,
  labelsOfAnomaly,
  withOtherNames,
} from '../../../domain/silences/labels.ts';
import {
  compileMatchers,
  matcherSchema,
  matchersText,
  matchesEverything,
  operators,
  parseMatcher,
} from '../../../domain/silences/matchers.ts';

const of = (text: string) => {
  const matcher = parseMatcher(text);
  if (matcher === null) throw new Error(`no matcher: ${text}`);
  return compileMatchers([matcher]);
};
const checkout = { service: ['checkout'], environment: ['production'], severity: ['critical', 'page'] };

describe('a matcher', () => {
  test.each([
    ['service=checkout', true],
    ['service="checkout"', true],
    ['service=check', false],
    ['service!=checkout', false],
    ['service!=cart', true],
    ['service=~"check.*"', true],
    ['service=~check', false], // patterns are about the whole value
    ['service=~"check|checkout"', true],
    ['service!~"check.*"', false],
    ['service!~"cart|search"', true],
    ['team=""', true], // a label that is not there is an empty one
    ['team!=""', false],
    ['team=~".*"', true],
    ['team=~".+"', false],
    ['severity=critical', true], // either of its two readings
    ['severity=page', true],
    ['severity!=page', false],
  ])('%s: %s', (text, expected) => expect(of(text)(checkout)).toBe(expected));

  test('all of several have to fit', () => {
    const matchers = ['service=checkout', 'environment=staging'].flatMap((text) => parseMatcher(text) ?? []);
    expect(compileMatchers(matchers)(checkout)).toBe(false);
    expect(compileMatchers(matchers.slice(0, 1))(checkout)).toBe(true);
  });

  test('names no member of an object by accident', () => {
    expect(of('constructor=""')({})).toBe(true);
    expect(of('__proto__=""')(JSON.parse('{"__proto__":["x"]}'))).toBe(false);
  });

  test.each(['service', '=checkout', 'service==', 'service="checkout', ''])(
    '%s is none, or means what it says',
    (text) => {
      const matcher = parseMatcher(text);
      if (text === 'service==') expect(matcher).toEqual({ label: 'service', is: '=', value: '=' });
      else expect(matcher).toBeNull();
    },
  );

  test.each(['(', 'a)(b', '[z-a]', '(?=a)', '\\1', 'a{2000}', `${'a'.repeat(501)}`])(
    'the pattern %s is refused',
    (value) => {
      expect(matcherSchema.safeParse({ label: 'service', is: '=~', value }).success).toBe(false);
    },
  );

  test('that would take for ever elsewhere answers at once', () => {
    const cruel = of('service=~"(a|a)*(a+)+$"');
    expect(cruel({ service: [`${'a'.repeat(200)}!`] })).toBe(false);
  });

  test('a silence of everything is recognised', () => {
    const all = (texts: string[]) => matchesEverything(texts.flatMap((text) => parseMatcher(text) ?? []));
    expect(all(['service=~".*"'])).toBe(true);
    expect(all(['service!=cart'])).toBe(true);
    expect(all(['service!=cart', 'environment=production'])).toBe(false);
  });

  test('reads what it writes, and the opposite of each says the opposite', () => {
    const text = fc.string({ maxLength: 20 }).filter((given) => !/\p{Cc}/u.test(given));
    const matcher = fc.record({
      label: fc.constantFrom('service', 'a.b/c'),
      is: fc.constantFrom(...operators),
      value: text,
    });
    fc.assert(
      fc.property(matcher, text, (one, value) => {
        expect(parseMatcher(matchersText([one]))).toEqual(one);
        if (!matcherSchema.safeParse(one).success) return;
        const opposite = { ...one, is: ({ '=': '!=', '!=': '=', '=~': '!~', '!~': '=~' } as const)[one.is] };
        const labels: LabelSet = value === '' ? {} : { service: [value], 'a.b/c': [value, 'x'] };
        expect(compileMatchers([one])(labels)).toBe(!compileMatchers([opposite])(labels));
      }),
    );
  });
});

describe('labels of a finding', () => {
  const alert = {
    scope: { environment: 'production', service: 'checkout', resourceId: 'pod-1' },
    ...({ detector: 'external', signal: 'reported', severity: 'critical', metric: 'alert' } as const),
    common: { rule: 'HighErrors', node: 'n1' },
    labels: { alertname: 'HighErrors', severity: 'page', team: 'pay' },
  };

  test('are Sentinel’s words and those of the sender', () => {
    expect(labelsOfAnomaly(alert)).toEqual({
      ...{ environment: ['production'], service: ['checkout'], resource: ['pod-1'], detector: ['external'] },
      ...{ signal: ['reported'], severity: ['critical', 'page'], metric: ['alert'] },
      ...{ alertname: ['HighErrors'], node: ['n1'], team: ['pay'] },
    });
  });

  test('have other names for somebody else, who keeps those that they have', () => {
    const names = { service: ['job', 'team'] };
    expect(withOtherNames(labelsOfAnomaly(alert), names)).toMatchObject({ job: ['checkout'], team: ['pay'] });
  });

  test('are kept as far as they go', () => {
    const clean = (_: string, text: string, most: number): string => text.slice(0, most);
    const many = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`l${index}`, 'v'.repeat(300)]),
    );
    const kept = boundedLabels({ 'with blank': 'x', empty: '', ...many }, clean) ?? {};
    expect(Object.keys(kept).length).toBeGreaterThan(10);
    expect(JSON.stringify(kept).length).toBeLessThan(5_000);
    expect(kept).not.toHaveProperty('with blank');
    expect(boundedLabels({ empty: '' }, clean)).toBeUndefined();
  });
});
