// The title of an incident: names and numbers only. Names come from telemetry, so they are cut and cleaned; nothing in a
// title can be more than a name.

import type { Anomaly, SignalKind } from '../../../domain/detection/anomaly.ts';

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

export function incidentTitle(anomaly: Anomaly): string {
  const service = name(anomaly.scope.service);
  const what = words[anomaly.signal];
  if (anomaly.signal === 'absence' || anomaly.signal === 'reported') return `${service}: ${what}`;
  return `${service}: ${what} ${anomaly.direction}, ${number(anomaly.seen)} instead of ${number(anomaly.expected)}`;
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
