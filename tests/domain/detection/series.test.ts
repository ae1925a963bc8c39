import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isCallRowOf,
  isLogRowOf,
  isMetricRowOf,
  parseSeriesKey,
  type SeriesRef,
  seriesKey,
} from '../../../domain/detection/series.ts';

const name = fc.string({ unit: 'grapheme' });
const ref: fc.Arbitrary<SeriesRef> = fc.oneof(
  fc.record({
    kind: fc.constant('calls' as const),
    environment: name,
    service: name,
    side: fc.constantFrom('server' as const, 'client' as const),
    peer: name,
    measure: fc.constantFrom(
      'errors' as const,
      'latency-p50' as const,
      'latency-p95' as const,
      'traffic' as const,
    ),
  }),
  fc.record({
    kind: fc.constant('metric' as const),
    environment: name,
    service: name,
    instance: name,
    metric: name,
    attributes: name,
  }),
  fc.record({ kind: fc.constant('log' as const), environment: name, service: name, templateId: name }),
  fc.record({ kind: fc.constant('absence' as const), environment: name, service: name, instance: name }),
);

describe('the key of a series', () => {
  it('is read back as the same series, whatever the names are', () => {
    fc.assert(
      fc.property(ref, (series) => {
        expect(parseSeriesKey(seriesKey(series))).toEqual(series);
      }),
    );
  });

  it('is not shared by two series', () => {
    fc.assert(
      fc.property(ref, ref, (a, b) => {
        fc.pre(JSON.stringify(a) !== JSON.stringify(b));
        expect(seriesKey(a)).not.toBe(seriesKey(b));
      }),
    );
  });

  it('survives broken surrogates in a name', () => {
    const key = seriesKey({ kind: 'log', environment: '\ud800', service: 'a/b', templateId: 'c' });
    expect(parseSeriesKey(key)).toEqual({
      kind: 'log',
      environment: '\ufffd',
      service: 'a/b',
      templateId: 'c',
    });
  });

  it.each([
    '',
    'calls/a/b',
    'alert/x',
    'calls/e/s/sideways//errors',
    'calls/e/s/server//colour',
    'log/%E0%A4%A/s/t',
  ])('is not found in %j', (text) => expect(parseSeriesKey(text)).toBeNull());

  it('says which rows of history belong to it', () => {
    const calls = parseSeriesKey('calls/prod/shop/client/bank/errors');
    const metric = parseSeriesKey('metric/prod/shop/shop-1/process.memory.usage/');
    const log = parseSeriesKey('log/prod/shop/abc');
    if (calls === null || metric === null || log === null) throw new Error('not a key');
    const row = { atMs: 0, service: 'shop', instance: 'shop-1' };
    const figures = { count: 1, errors: 0, ownErrors: 0, latencyP50Ms: 1, latencyP95Ms: 1, selfTimeP50Ms: 1 };
    expect(isCallRowOf(calls, { ...row, ...figures, side: 'client', peer: 'bank' })).toBe(true);
    expect(isCallRowOf(calls, { ...row, ...figures, side: 'server', peer: '' })).toBe(false);
    expect(isMetricRowOf(metric, { ...row, metric: 'process.memory.usage', attributes: '', value: 1 })).toBe(
      true,
    );
    expect(
      isMetricRowOf(metric, {
        ...row,
        instance: 'shop-2',
        metric: 'process.memory.usage',
        attributes: '',
        value: 1,
      }),
    ).toBe(false);
    expect(
      isLogRowOf(log, {
        atMs: 0,
        service: 'shop',
        templateId: 'abc',
        template: 'x',
        severityNumber: 9,
        count: 1,
      }),
    ).toBe(true);
    expect(
      isLogRowOf(calls, {
        atMs: 0,
        service: 'shop',
        templateId: 'abc',
        template: 'x',
        severityNumber: 9,
        count: 1,
      }),
    ).toBe(false);
  });
});
