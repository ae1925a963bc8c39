// The title of an incident: names and numbers only. Names come from telemetry, so they are cut and cleaned; nothing in a
// title can be more than a name.

import type { Anomaly, SignalKind } from '../../../domain/detection/anomaly.ts';
import { percent, plainBytes, plainMs } from '../../../domain/detection/names.ts';

const longestName = 80;

const words: Readonly<Record<SignalKind, string>> = {
  errors: 'errors',
  latency: 'latency',
  traffic: 'traffic',
  availability: 'availability',
  cpu: 'CPU',
  memory: 'memory',
  disk: 'disk',
  pool: 'connection pool',
  restarts: 'restarts',
  logs: 'log messages',
  absence: 'no telemetry',
  reported: 'reported alert',
  other: 'unusual values',
};

/** What is wrong where, now and usually, in units people read. */
export function incidentTitle(anomaly: Anomaly): string {
  const service = name(anomaly.scope.service);
  const what = words[anomaly.signal];
  if (anomaly.signal === 'absence' || anomaly.signal === 'reported') return `${service}: ${what}`;
  const inWords = wordsFor(anomaly);
  return `${service}: ${what} ${anomaly.direction}, ${inWords(anomaly.seen)} instead of ${inWords(anomaly.expected)}`;
}

function wordsFor({ signal, metric }: Anomaly): (value: number) => string {
  const known = (plain: (value: number) => string) => (value: number) =>
    Number.isFinite(value) ? plain(value) : number(value);
  if (signal === 'errors' || metric.includes('utilization')) return known(percent);
  if (signal === 'latency') return known(plainMs);
  if ((signal === 'memory' || signal === 'disk') && metric.includes('usage')) return known(plainBytes);
  return number;
}

function name(text: string): string {
  const clean = text
    .toWellFormed()
    .replace(/[^\p{L}\p{N}._:/-]+/gu, ' ')
    .trim();
  return clean === '' ? 'unnamed service' : [...clean].slice(0, longestName).join('');
}

function number(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : 'unknown';
}
