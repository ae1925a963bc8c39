/** The symptom as telemetry has it: errors for as long as the workload is as it was when the trouble began. */
import { setTimeout as pause } from 'node:timers/promises';
import type { History } from '../../../../activities/ports.ts';
import type { Anomaly } from '../../../../domain/detection/anomaly.ts';
import { seriesKey } from '../../../../domain/detection/series.ts';
import type { CallBucket } from '../../../../domain/telemetry.ts';
import { environment } from '../../../support/kubernetes/workloads.ts';

export interface PlayedSymptom {
  readonly onsetMs: number;
  readonly anomaly: Anomaly;
  readonly history: History;
  stop(): Promise<void>;
}

const everyMs = 200;
/** The trouble began so long before anybody looks, and all was well for longer before that. */
const troubleMs = 20_000;
const wellMs = 120_000;

export function playSymptom(service: string, isBad: () => Promise<boolean>): PlayedSymptom {
  const startMs = Math.floor(Date.now() / 1_000) * 1_000;
  const onsetMs = startMs - troubleMs;
  const bad = new Map<number, boolean>();
  let last = true;
  let running = true;
  const looking = (async () => {
    while (running) {
      last = await isBad().catch(() => last);
      const second = Math.floor(Date.now() / 1_000) * 1_000;
      bad.set(second, last || bad.get(second) === true);
      await pause(everyMs);
    }
  })();
  const isBadAt = (atMs: number): boolean => {
    if (atMs < onsetMs) return false;
    for (let second = atMs; second >= startMs; second -= 1_000) {
      const known = bad.get(second);
      if (known !== undefined) return known;
    }
    return true;
  };
  const nowMs = () => Math.floor(Date.now() / 1_000) * 1_000;
  return {
    onsetMs,
    anomaly: anomalyOf(service, onsetMs),
    history: {
      async calls({ fromMs, toMs }) {
        const rows: CallBucket[] = [];
        const untilMs = Math.min(toMs, nowMs());
        const sinceMs = Math.max(fromMs, onsetMs - wellMs);
        for (let atMs = Math.ceil(sinceMs / 1_000) * 1_000; atMs < untilMs; atMs += 1_000)
          rows.push(callsAt(service, atMs, isBadAt(atMs)));
        return rows;
      },
      metrics: async () => [],
      logs: async () => [],
    },
    async stop() {
      running = false;
      await looking;
    },
  };
}

function callsAt(service: string, atMs: number, bad: boolean): CallBucket {
  const errors = bad ? 10 : 0;
  return {
    ...{ atMs, service, instance: `${service}-0`, side: 'server', peer: '' },
    ...{ count: 20, errors, ownErrors: errors, latencyP50Ms: 20, latencyP95Ms: 40, selfTimeP50Ms: 20 },
  };
}

function anomalyOf(service: string, onsetMs: number): Anomaly {
  const measure = 'errors';
  return {
    ...{ id: `${service}-errors`, state: 'firing', detector: 'error-ratio', signal: 'errors' },
    scope: { environment, service },
    seriesKey: seriesKey({ kind: 'calls', environment, service, side: 'server', peer: '', measure }),
    ...{ metric: 'calls.server.errors', direction: 'up', onsetMs, detectedMs: onsetMs + 3_000 },
    ...{ expected: 0, seen: 0.5, score: 10, confidence: 0.9, severity: 'critical' },
    summary: `errors of ${service}`,
  };
}
