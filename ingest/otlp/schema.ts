// The part of OTLP 1.x that Sentinel reads, by field number. Everything else (exemplars, span events, links, …) is
// skipped on the wire. Source: opentelemetry-proto, opentelemetry/proto/{common,resource,metrics,logs,trace}/v1.

import {
  base64,
  bool,
  double,
  doubles,
  fixed32,
  fixed64,
  fixed64s,
  hex,
  int32,
  int64,
  type MessageTable,
  message,
  messages,
  sfixed64,
  sint32,
  string,
  uint32,
  uint64s,
} from './wire.ts';

const arrayValue: MessageTable = { 1: messages('values', () => anyValue) };
const keyValueList: MessageTable = { 1: messages('values', () => keyValue) };
const anyValue: MessageTable = {
  1: string('stringValue'),
  2: bool('boolValue'),
  3: int64('intValue'),
  4: double('doubleValue'),
  5: message('arrayValue', () => arrayValue),
  6: message('kvlistValue', () => keyValueList),
  7: base64('bytesValue'),
};
const keyValue: MessageTable = { 1: string('key'), 2: message('value', () => anyValue) };
const attributes = messages('attributes', () => keyValue);
const resource: MessageTable = { 1: attributes };

const numberDataPoint: MessageTable = {
  2: fixed64('startTimeUnixNano'),
  3: fixed64('timeUnixNano'),
  4: double('asDouble'),
  6: sfixed64('asInt'),
  7: attributes,
  8: uint32('flags'),
};
const histogramDataPoint: MessageTable = {
  2: fixed64('startTimeUnixNano'),
  3: fixed64('timeUnixNano'),
  4: fixed64('count'),
  5: double('sum'),
  6: fixed64s('bucketCounts'),
  7: doubles('explicitBounds'),
  9: attributes,
  10: uint32('flags'),
};
const buckets: MessageTable = { 1: sint32('offset'), 2: uint64s('bucketCounts') };
const exponentialHistogramDataPoint: MessageTable = {
  1: attributes,
  2: fixed64('startTimeUnixNano'),
  3: fixed64('timeUnixNano'),
  4: fixed64('count'),
  5: double('sum'),
  6: sint32('scale'),
  7: fixed64('zeroCount'),
  8: message('positive', () => buckets),
  9: message('negative', () => buckets),
  10: uint32('flags'),
  14: double('zeroThreshold'),
};
const valueAtQuantile: MessageTable = { 1: double('quantile'), 2: double('value') };
const summaryDataPoint: MessageTable = {
  2: fixed64('startTimeUnixNano'),
  3: fixed64('timeUnixNano'),
  4: fixed64('count'),
  5: double('sum'),
  6: messages('quantileValues', () => valueAtQuantile),
  7: attributes,
  8: uint32('flags'),
};

const dataOf = (point: MessageTable): MessageTable => ({
  1: messages('dataPoints', () => point),
  2: int32('aggregationTemporality'),
  3: bool('isMonotonic'),
});
const gauge = dataOf(numberDataPoint);
const sum = dataOf(numberDataPoint);
const histogram = dataOf(histogramDataPoint);
const exponentialHistogram = dataOf(exponentialHistogramDataPoint);
const summary = dataOf(summaryDataPoint);

const metric: MessageTable = {
  1: string('name'),
  3: string('unit'),
  5: message('gauge', () => gauge),
  7: message('sum', () => sum),
  9: message('histogram', () => histogram),
  10: message('exponentialHistogram', () => exponentialHistogram),
  11: message('summary', () => summary),
};
const logRecord: MessageTable = {
  1: fixed64('timeUnixNano'),
  2: int32('severityNumber'),
  3: string('severityText'),
  // Before OTLP 0.19.
  4: string('name'),
  5: message('body', () => anyValue),
  6: attributes,
  11: fixed64('observedTimeUnixNano'),
  12: string('eventName'),
};
const status: MessageTable = { 3: int32('code') };
const span: MessageTable = {
  1: hex('traceId'),
  2: hex('spanId'),
  4: hex('parentSpanId'),
  5: string('name'),
  6: int32('kind'),
  7: fixed64('startTimeUnixNano'),
  8: fixed64('endTimeUnixNano'),
  9: attributes,
  16: fixed32('flags'),
  15: message('status', () => status),
};

/** Every signal has the same three levels: request, resource, instrumentation scope. */
const request = (
  resourceField: string,
  scopeField: string,
  itemField: string,
  item: MessageTable,
): MessageTable => {
  const scopeLevel: MessageTable = { 2: messages(itemField, () => item) };
  const resourceLevel: MessageTable = {
    1: message('resource', () => resource),
    2: messages(scopeField, () => scopeLevel),
    // Before OTLP 0.19: instrumentation libraries, of the same shape.
    1000: messages(scopeField, () => scopeLevel),
  };
  return { 1: messages(resourceField, () => resourceLevel) };
};

export const metricsRequest = request('resourceMetrics', 'scopeMetrics', 'metrics', metric);
export const logsRequest = request('resourceLogs', 'scopeLogs', 'logRecords', logRecord);
export const tracesRequest = request('resourceSpans', 'scopeSpans', 'spans', span);
