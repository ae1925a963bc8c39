import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../ingest/limits.ts';
import { type Decoded, decodeOtlp, otlpSignals } from '../../../ingest/otlp/decode.ts';
import { Malformed, TooMany } from '../../../ingest/otlp/malformed.ts';
import {
  decode,
  gauge,
  logsRequest,
  metricsRequest,
  nano,
  nowMs,
  shop,
  span,
  toProtobuf,
  tracesRequest,
} from '../support/otlp.ts';

const options = { limits: defaultLimits, defaultEnvironment: 'e', nowMs };
const json = (text: string) => decodeOtlp('metrics', 'json', Buffer.from(text), options);

/** The only two ways a decoding may end other than with a result. */
function outcome(run: () => Decoded): Decoded | Malformed | TooMany {
  try {
    return run();
  } catch (error) {
    if (error instanceof Malformed || error instanceof TooMany) return error;
    throw error;
  }
}

describe('a request that is not OTLP says where', () => {
  test.each([
    ['{"resourceMetrics": 5}', 'resourceMetrics: expected an array, got a number'],
    ['{"resourceMetrics": [7]}', 'resourceMetrics[0]: expected an object, got a number'],
    [
      '{"resourceMetrics": [{"resource": []}]}',
      'resourceMetrics[0].resource: expected an object, got an array',
    ],
    [
      '{"resourceMetrics": [{"scopeMetrics": [{"metrics": [{}, {"name": 3}]}]}]}',
      'resourceMetrics[0].scopeMetrics[0].metrics[1].name: expected a string, got a number',
    ],
    ['[]', 'expected an object, got an array'],
    ['{"resourceMetrics": [', 'not valid JSON'],
    ['NaN', 'not valid JSON'],
  ])('%s', (text, message) => {
    expect(() => json(text)).toThrow(message);
  });

  test('truncated protobuf names the field and the byte', () => {
    const whole = toProtobuf('metrics', metricsRequest([gauge('m', { asDouble: 1 })]));
    const cut = whole.subarray(0, whole.length - 3);
    expect(() => decodeOtlp('metrics', 'protobuf', cut, options)).toThrow(/resourceMetrics\[0\].*byte \d+/);
  });

  test('text that is not UTF-8 is not JSON', () => {
    expect(() => decodeOtlp('metrics', 'json', Buffer.from([0x22, 0xff, 0x22]), options)).toThrow(
      'not valid JSON',
    );
  });
});

test('one malformed point, record or span is rejected alone, and the answer says which field of it', () => {
  const points = decode(
    'metrics',
    metricsRequest([gauge('a', { timeUnixNano: 'soon' }), gauge('b', { asInt: 1 })]),
  );
  expect(points.observations).toMatchObject([{ metric: 'b' }]);
  expect(points.tally.message()).toBe(
    '1 rejected: 1 malformed; first: metric a, dataPoints[0].timeUnixNano: expected a number, got a string (malformed)',
  );
  const spans = decode('traces', tracesRequest([span({ name: 7 }), span({ spanId: 'aaaaaaaaaaaaaaaa' })]));
  expect(spans.observations).toMatchObject([{ spanId: 'aaaaaaaaaaaaaaaa' }]);
  expect(spans.tally.message()).toContain('spans[0].name: expected a string, got a number');
});

describe('requests of older senders and other spellings', () => {
  const names = ['resourceMetrics', 'scopeMetrics', 'dataPoints', 'timeUnixNano', 'asInt', 'stringValue'];
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const request = JSON.stringify(metricsRequest([gauge('m', { asInt: '4' })]));
  const taken = [{ scope: { service: 'orders' }, metric: 'm', value: 4 }];

  test('names as the .proto files have them', () => {
    const text = names.reduce((body, name) => body.replaceAll(`"${name}"`, `"${snake(name)}"`), request);
    expect(text).toContain('"data_points"');
    expect(json(text).observations).toMatchObject(taken);
  });

  test('instrumentation libraries, which scopes were called before OTLP 0.19', () => {
    expect(
      json(request.replace('"scopeMetrics"', '"instrumentationLibraryMetrics"')).observations,
    ).toMatchObject(taken);
    const spans = JSON.stringify(tracesRequest([span({})])).replace(
      'scopeSpans',
      'instrumentation_library_spans',
    );
    expect(decodeOtlp('traces', 'json', Buffer.from(spans), options).observations).toHaveLength(1);
    const logs = '{"resourceLogs":[{"instrumentationLibraryLogs":[{"logs":[{"name":"boot"}]}]}]}';
    expect(decodeOtlp('logs', 'json', Buffer.from(logs), options).observations).toMatchObject([
      { body: 'boot' },
    ]);
  });

  test('enums by name; a name from the future is an unknown value, as proto3 has it', () => {
    const read = (kind: string, code: string) =>
      decode('traces', tracesRequest([span({ kind, status: { code }, parentSpanId: '00f067aa0ba902b7' })]))
        .observations[0];
    expect(read('SPAN_KIND_CLIENT', 'STATUS_CODE_ERROR')).toMatchObject({ spanKind: 'client', error: true });
    expect(read('SPAN_KIND_QUANTUM', 'STATUS_CODE_OK')).toMatchObject({ spanKind: 'server', error: false });
    const sum = (aggregationTemporality: string) =>
      decode(
        'metrics',
        metricsRequest([
          {
            name: 's',
            sum: {
              aggregationTemporality,
              isMonotonic: true,
              dataPoints: [{ timeUnixNano: nano(nowMs), asInt: '1' }],
            },
          },
        ]),
      );
    expect(sum('AGGREGATION_TEMPORALITY_DELTA').observations).toMatchObject([{ temporality: 'delta' }]);
    expect([...sum('AGGREGATION_TEMPORALITY_SIDEWAYS').tally.reasons]).toEqual([['bad-temporality', 1]]);
    expect(
      decode('logs', logsRequest([{ severityNumber: 'SEVERITY_NUMBER_ERROR2' }])).observations,
    ).toMatchObject([{ severityNumber: 18 }]);
  });

  test('ids as proto3 writes bytes in JSON', () => {
    const traceId = Buffer.from('5b8efff798038103d269b633813fc60c', 'hex').toString('base64');
    const spanId = Buffer.from('eee19b7ec3c1b174', 'hex').toString('base64');
    expect(decode('traces', tracesRequest([span({ traceId, spanId })])).observations).toMatchObject([
      { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174' },
    ]);
  });

  test('nulls anywhere are defaults', () => {
    const text = request
      .replace('"attributes":[', '"attributes":[null,')
      .replace('"metrics":[', '"metrics":[null,');
    const { observations, tally } = json(text);
    expect(observations).toMatchObject(taken);
    expect(tally.message()).toBe('1 rejected: 1 unknown-kind; first: a metric without name (unknown-kind)');
  });
});

test('null fields are defaults, unknown fields are passed over', () => {
  const request = {
    ...metricsRequest([{ ...gauge('m', { asInt: 4 }), sum: null, future: { a: [1] } }]),
    more: true,
  };
  expect(decode('metrics', request).observations).toMatchObject([{ metric: 'm', value: 4 }]);
});

test('an empty request is a valid one', () => {
  for (const signal of otlpSignals) {
    expect(decodeOtlp(signal, 'protobuf', new Uint8Array(), options).observations).toEqual([]);
    expect(decodeOtlp(signal, 'json', Buffer.from('{}'), options).observations).toEqual([]);
  }
});

test('more messages than the limit are refused before they fill the memory', () => {
  const spans = Array.from({ length: 200 }, () => span({}));
  expect(() => decode('traces', tracesRequest(spans), 'protobuf', { maxMessages: 100 })).toThrow(TooMany);
});

test('protobuf nested far beyond any attribute is refused, not recursed into', () => {
  const bytes = nested(400);
  expect(() => decodeOtlp('metrics', 'protobuf', bytes, options)).toThrow('nested too deep');
});

test('any bytes end in observations or in a clear refusal', () => {
  const valid = toProtobuf('metrics', metricsRequest([gauge('m', { asDouble: 1 })], shop));
  const mutated = fc
    .tuple(fc.nat(valid.length - 1), fc.nat(255), fc.nat(valid.length))
    .map(([at, byte, end]) => {
      const bytes = Uint8Array.from(valid);
      bytes[at] = byte;
      return bytes.subarray(0, end);
    });
  fc.assert(
    fc.property(
      fc.constantFrom(...otlpSignals),
      fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated),
      (signal, bytes) => {
        for (const encoding of ['json', 'protobuf'] as const) {
          expect(outcome(() => decodeOtlp(signal, encoding, bytes, options))).toBeDefined();
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('any JSON value ends in observations or in a clear refusal', () => {
  const fields = [
    ...[
      'resourceMetrics',
      'scopeMetrics',
      'metrics',
      'resource',
      'attributes',
      'key',
      'value',
      'stringValue',
    ],
    ...[
      'name',
      'gauge',
      'sum',
      'histogram',
      'exponentialHistogram',
      'summary',
      'dataPoints',
      'timeUnixNano',
      'asDouble',
    ],
    ...[
      'resourceSpans',
      'scopeSpans',
      'spans',
      'resourceLogs',
      'scopeLogs',
      'logRecords',
      'body',
      'arrayValue',
      'values',
    ],
    '__proto__',
  ];
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      fc.constantFrom(null, true, 0, -1, 1e308, '', 'NaN', '123', String(nowMs * 1e6)),
      fc.string(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...fields), tie('value'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(fc.constantFrom(...otlpSignals), value, (signal, request) => {
      const bytes = Buffer.from(JSON.stringify(request));
      expect(outcome(() => decodeOtlp(signal, 'json', bytes, options))).toBeDefined();
    }),
    { numRuns: 2_000 },
  );
});

test('both encodings of a request give the same observations', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  const pointOf = fc.record({
    asDouble: finite,
    timeUnixNano: fc.integer({ min: nowMs - 1000, max: nowMs }).map((ms) => `${ms}000000`),
  });
  fc.assert(
    fc.property(
      fc.array(pointOf, { maxLength: 5 }),
      fc.string({ unit: 'grapheme', minLength: 1 }),
      (points, name) => {
        const request = metricsRequest(points.map((fields) => gauge(name, fields)));
        expect(decode('metrics', request, 'protobuf').observations).toEqual(
          decode('metrics', request, 'json').observations,
        );
      },
    ),
  );
});

/** A gauge point whose attribute value is an array in an array in an array …, encoded by hand from the inside out. */
function nested(levels: number): Uint8Array {
  const wrap = (field: number, inner: Uint8Array): Uint8Array => {
    const head = [(field << 3) | 2];
    let { length } = inner;
    for (; length > 127; length >>>= 7) head.push((length & 127) | 128);
    return Buffer.concat([Uint8Array.from([...head, length]), inner]);
  };
  let value: Uint8Array = wrap(1, Buffer.from('x'));
  for (let level = 0; level < levels; level += 1) value = wrap(5, wrap(1, value));
  const attribute = Buffer.concat([wrap(1, Buffer.from('k')), wrap(2, value)]);
  const dataPoint = wrap(7, attribute);
  return wrap(1, wrap(2, wrap(2, wrap(5, wrap(1, dataPoint)))));
}
