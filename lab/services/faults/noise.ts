/** Log lines that look alarming and mean nothing. */
import type { LogLevel, Telemetry } from '../telemetry.ts';

const tickMs = 100;
const templates = [
  'deprecated option legacyMode is still set, falling back to default',
  'cache entry {n} failed validation, refreshed from source',
  'slow consumer detected on channel {n}, will retry',
];

export function startNoise(telemetry: Telemetry, linesPerSecond: number, level: LogLevel): () => void {
  let due = 0;
  let count = 0;
  const timer = setInterval(() => {
    due += (linesPerSecond * tickMs) / 1000;
    for (; due >= 1; due -= 1) {
      count += 1;
      telemetry.log(level, (templates[count % templates.length] ?? '').replace('{n}', String(count)));
    }
  }, tickMs);
  return () => clearInterval(timer);
}
