import { describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../ingest/limits.ts';
import { decodeOtlp, type OtlpEncoding } from '../../../ingest/otlp/decode.ts';
import { naughtyStrings } from '../support/naughty.ts';
import {
  attribute,
  decode,
  gauge,
  type Json,
  logsRequest,
  metricsRequest,
  nano,
  nowMs,
} from '../support/otlp.ts';

const resource = (...attributes: Json[]): Json => ({ attributes });
const scopeOf = (given: Json, encoding: OtlpEncoding) => {
  const { observations, tally } = decode(
    'metrics',
    metricsRequest([gauge('m', { asInt: '1' })], given),
    encoding,
  );
  return { scope: observations[0]?.scope, tally };
};

describe.each<OtlpEncoding>(['json', 'protobuf'])('resources and attributes as %s', (encoding) => {
  test('a resource without a service is unknown_service in the default environment, and counted', () => {
    const { scope, tally } = scopeOf(resource(), encoding);
    expect(scope).toEqual({ environment: 'default-env', service: 'unknown_service' });
    expect(Object.fromEntries(tally.notes)).toEqual({ 'unknown-service': 1, 'default-environment': 1 });
  });

  test('deployment.environment.name wins over its older name', () => {
    const older = attribute('deployment.environment', 'old');
    const newer = attribute('deployment.environment.name', 'new');
    expect(scopeOf(resource(older), encoding).scope?.environment).toBe('old');
    expect(scopeOf(resource(older, newer), encoding).scope?.environment).toBe('new');
    expect(scopeOf(resource(newer, older), encoding).scope?.environment).toBe('new');
  });

  test('hostile service names are data: kept without control characters, never empty', () => {
    for (const name of naughtyStrings) {
      const service = scopeOf(resource(attribute('service.name', name)), encoding).scope?.service ?? '';
      expect(service.length).toBeGreaterThan(0);
      expect(service.length).toBeLessThanOrEqual(200);
      expect(/\p{Cc}/u.test(service)).toBe(false);
    }
  });

  test('attributes of every type become text', () => {
    const attributes = [
      { key: 'flag', value: { boolValue: true } },
      { key: 'count', value: { intValue: '42' } },
      { key: 'ratio', value: { doubleValue: 0.25 } },
      { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a"b' }, { intValue: '1' }] } } },
      { key: 'map', value: { kvlistValue: { values: [attribute('k', 'v')] } } },
      { key: 'none' },
    ];
    const { observations } = decode(
      'metrics',
      metricsRequest([gauge('m', { asInt: '1', attributes })]),
      encoding,
    );
    expect(observations[0]).toMatchObject({
      attributes: {
        flag: 'true',
        count: '42',
        ratio: '0.25',
        list: '["a\\"b",1]',
        map: '{"k":"v"}',
        none: '',
      },
    });
  });

  test('too many attributes are cut, too long ones shortened, both counted; the point is taken', () => {
    const many = Array.from({ length: 100 }, (_, index) => attribute(`k${index}`, 'v'));
    const attributes = [attribute('long', 'x'.repeat(100_000)), attribute('__proto__', 'polluted'), ...many];
    const { observations, tally } = decode(
      'metrics',
      metricsRequest([gauge('m', { asInt: '1', attributes })]),
      encoding,
    );
    const kept = (observations[0] as { attributes: Record<string, string> }).attributes;
    expect(Object.keys(kept)).toHaveLength(32);
    expect(kept.long).toHaveLength(256);
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype);
    expect(Object.fromEntries(tally.notes)).toEqual({ 'attributes-cut': 70, 'text-cut': 1 });
  });

  test('values nested without end are cut at the depth limit', () => {
    let value: Json = { stringValue: 'bottom' };
    for (let depth = 0; depth < 20; depth += 1) value = { arrayValue: { values: [value] } };
    const attributes = [{ key: 'deep', value }];
    const { observations } = decode(
      'metrics',
      metricsRequest([gauge('m', { asInt: '1', attributes })]),
      encoding,
    );
    expect(observations[0]).toMatchObject({ attributes: { deep: '[[[[[[[[…]]]]]]]]' } });
    const body = decode('logs', logsRequest([{ timeUnixNano: nano(nowMs), body: value }]), encoding);
    expect(body.observations[0]).toMatchObject({ body: '[…]' });
  });

  test('64-bit integers are whole, to the last digit and below zero', () => {
    const ids = ['1234567824702058496', '1234567824702058500', '1234567824702058501'];
    const edges = ['9223372036854775807', '-9223372036854775808', '-1', '0', '9007199254740993'];
    for (const intValue of [...ids, ...edges]) {
      const attributes = [
        { key: 'tenant.id', value: { intValue } },
        { key: 'list', value: { arrayValue: { values: [{ intValue }] } } },
      ];
      const { observations } = decode(
        'metrics',
        metricsRequest([gauge('m', { asInt: '1', attributes })]),
        encoding,
      );
      expect(observations[0]).toMatchObject({ attributes: { 'tenant.id': intValue, list: `[${intValue}]` } });
      const instance = resource({ key: 'service.instance.id', value: { intValue } });
      expect(scopeOf(instance, encoding).scope?.resourceId).toBe(intValue);
    }
  });
});

test('integers that JSON has as numbers are whole, too', () => {
  const digits = '1234567824702058501';
  const attributes = [{ key: 'tenant.id', value: { intValue: 7 } }];
  const text = JSON.stringify(metricsRequest([gauge('m', { asInt: '1', attributes })]));
  const body = Buffer.from(text.replace('"intValue":7', `"intValue": ${digits}`));
  const { observations } = decodeOtlp('metrics', 'json', body, {
    limits: defaultLimits,
    defaultEnvironment: 'e',
    nowMs,
  });
  expect(observations[0]).toMatchObject({ attributes: { 'tenant.id': digits } });
});
