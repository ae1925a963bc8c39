/** A secret in any text of any kind of record, on any way in, reaches nothing that is stored or shown. */
import { describe, expect, test } from 'vitest';
import { eventItem } from '../../ingest/events/items.ts';
import { eventSchemas } from '../../ingest/events/schema.ts';
import { decodeObservations } from '../../ingest/kafka/decode.ts';
import { recordSchemas } from '../../ingest/kafka/schema.ts';
import { defaultLimits as limits } from '../../ingest/limits.ts';
import { decodeOtlp, type OtlpEncoding, type OtlpSignal } from '../../ingest/otlp/decode.ts';
import { decodeAlert } from '../../ingest/sources/alertmanager/decode.ts';
import { cleanText } from '../../ingest/text.ts';
import { alertmanagerLabels } from './support/memory.ts';
import {
  attribute,
  encodeRequest,
  gauge,
  type Json,
  logsRequest,
  metricsRequest,
  nano,
  nowMs,
  span,
  tracesRequest,
} from './support/otlp.ts';

const secret = ['hunter', '2secret'].join('');
const said = `login with password=${secret} refused`;
const attributes = [
  attribute('db.password', secret),
  attribute('http.url', `https://ada:${secret}@example.org/`),
  attribute('note', said),
];
const resource = {
  attributes: [attribute('service.name', 'orders'), attribute('service.instance.id', said)],
};

describe.each<OtlpEncoding>(['json', 'protobuf'])('OTLP as %s', (encoding) => {
  const everything = (signal: OtlpSignal, request: Json): string => {
    const decoded = decodeOtlp(signal, encoding, encodeRequest(signal, encoding, request), {
      limits,
      defaultEnvironment: 'e',
      nowMs,
      identity: undefined,
    });
    expect(decoded.observations).toHaveLength(1);
    return JSON.stringify(decoded.observations);
  };

  test.each([
    ['text', { stringValue: said }],
    ['JSON text', { stringValue: JSON.stringify({ message: said, password: secret }) }],
    [
      'JSON text without a message',
      { stringValue: JSON.stringify({ user: 'ada', password: `${secret} or ${secret}` }) },
    ],
    ['logfmt', { stringValue: `level=error user=ada password=${secret}` }],
    ['a map', { kvlistValue: { values: [attribute('user', 'ada'), attribute('password', secret)] } }],
    ['a list', { arrayValue: { values: [{ stringValue: said }] } }],
    ['lines', { stringValue: `env:\n  DB_PASSWORD: ${secret}\n  DB_HOST: db` }],
  ])('a log record whose body is %s', (_, body) => {
    const record = { timeUnixNano: nano(nowMs - 1), body, attributes };
    const stored = everything('logs', logsRequest([record], resource));
    expect(stored).not.toContain(secret);
    expect(stored).toContain('[redacted]');
  });

  test('a span, a metric point and their attributes', () => {
    const one = span({ name: `GET /reset?token=${secret}99`, attributes, kind: 3 });
    const traces = everything('traces', tracesRequest([one], resource));
    const point = { asDouble: 1, timeUnixNano: nano(nowMs - 1), attributes };
    const metrics = everything('metrics', metricsRequest([gauge('queue.length', point)], resource));
    for (const stored of [traces, metrics]) {
      expect(stored).not.toContain(secret);
      expect(stored).toContain('[redacted]');
    }
  });
});

const context = {
  limits,
  defaultEnvironment: 'e',
  receivedMs: nowMs,
  actor: 'key',
  idempotencyKey: null,
  newId: () => 'id',
};

test.each([
  {
    kind: 'change',
    type: 'config',
    service: 'orders',
    summary: said,
    attributes: { password: secret, note: said },
  },
  { kind: 'alert', service: 'orders', title: said, source: `ci ${said}`, attributes: { token: secret } },
])('an event of kind $kind', (event) => {
  const stored = JSON.stringify(eventItem(eventSchemas(limits).event.parse(event), 'id', context));
  expect(stored).not.toContain(secret);
  expect(stored).toContain('[redacted]');
});

test('an alert of Alertmanager', () => {
  const labels = { ...alertmanagerLabels, resource: ['r'] };
  const options = { labels, limits, defaultEnvironment: 'e', receivedMs: nowMs } as const;
  const from = { source: 'alertmanager', receiver: '' } as const;
  const alert = {
    status: 'firing',
    labels: { alertname: 'LoginFails', service: 'orders', r: `instance ${said}` },
    annotations: { summary: said, description: said } as Record<string, string>,
    startsAt: new Date(nowMs - 1_000).toISOString(),
  };
  const nameless = { ...alert, annotations: {}, labels: { ...alert.labels, password: secret } };
  for (const one of [alert, nameless]) {
    const decoded = decodeAlert(one, { ...options, ...from });
    expect(decoded.ok).toBe(true);
    expect(JSON.stringify(decoded)).not.toContain(secret);
  }
});

test('a record of Kafka', () => {
  const place = { environment: 'prod', service: 'orders', at: nowMs - 1_000 };
  const decodeContext = { schemas: recordSchemas(limits), limits, defaultEnvironment: 'e', nowMs };
  const records = [
    { kind: 'log', ...place, body: said, attributes: { password: secret } },
    { kind: 'gauge', ...place, metric: 'queue', value: 1, attributes: { 'api.key': secret } },
  ];
  const record = { offset: 1n, timestampMs: nowMs, key: null, value: Buffer.from(JSON.stringify(records)) };
  const decoded = decodeObservations(record, { topic: 't', partition: 0 }, decodeContext);
  expect(decoded).toMatchObject({ ok: true });
  const stored = JSON.stringify(decoded, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  expect(stored).not.toContain(secret);
  expect(stored).toContain('[redacted]');
});

test('half of a secret is none: texts are cut after they were looked at', () => {
  for (const room of [20, 40, 60, 128])
    for (let before = 0; before < room * 5; before += 7)
      expect(cleanText(`${'x '.repeat(before)}password=${secret} ${'y'.repeat(40)}`, room)).not.toContain(
        'hunt',
      );
});

test('nor does the end of what was looked at hold half of one', () => {
  const token = ['gh', 'p_', 'Ab1'.repeat(12)].join('');
  const text = `token=${'Ab1'.repeat(33)} ${token}`;
  expect(cleanText(text, 30)).toBe('token=[redacted]');
});
