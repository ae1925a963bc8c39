// The table of metrics is the truth: what is not in it is refused, and no code counts anything else.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type MetricSpec, metricTable } from '../../../adapters/telemetry/metric-table.ts';
import { createMetrics } from '../../../adapters/telemetry/metrics.ts';

const table: Readonly<Record<string, MetricSpec>> = metricTable;
const root = path.resolve(import.meta.dirname, '../../..');

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(folder, file));
}

describe('names and labels', () => {
  test.each(Object.entries(table))('%s follows the conventions', (name, spec) => {
    expect(name).toMatch(/^sentinel_[a-z]+(_[a-z]+)*$/);
    expect(spec.help).toMatch(/\.$/);
    if (spec.kind === 'counter') expect(name).toMatch(/_total$/);
    else expect(name).not.toMatch(/_total$/);
    if (spec.kind === 'histogram') {
      expect(name).toMatch(/_(seconds|bytes)$/);
      expect(spec.buckets).toEqual(spec.buckets?.toSorted((a, b) => a - b));
    }
  });

  test('every metric that code counts is in the table, with that sort and those labels', () => {
    const kinds = { count: 'counter', observe: 'histogram', gauge: 'gauge' } as const;
    const pattern = /\.(count|observe|gauge)\(\s*'(sentinel_\w+)',\s*(?:\{([^}]*)\})?/g;
    const used: string[] = [];
    const wrong: string[] = [];
    for (const file of ['api', 'ingest', 'activities', 'adapters', 'app', 'cli'].flatMap(sources)) {
      for (const match of readFileSync(path.join(root, file), 'utf8').matchAll(pattern)) {
        const [, method = '', name = '', literal] = match;
        used.push(name);
        const spec = table[name];
        if (spec?.kind !== kinds[method as keyof typeof kinds]) wrong.push(`${file}: ${method} ${name}`);
        if (literal === undefined) continue; // labels from a variable: checked when it runs
        const labels = [...literal.matchAll(/(?:^|,)\s*(\w+)\s*(?=:|,|$)/g)].map(([, label]) => label);
        const same =
          labels.length === spec?.labels.length && labels.every((one) => spec.labels.includes(one ?? ''));
        if (!same) wrong.push(`${file}: ${name} { ${labels.join(', ')} }`);
      }
    }
    expect(used.length).toBeGreaterThan(10);
    expect(wrong).toEqual([]);
  });
});

describe('recording', () => {
  const fresh = () => createMetrics({ processMetrics: false });

  test('shows up in the text, with labels', async () => {
    const metrics = fresh();
    metrics.count('sentinel_effects_total', { action: 'restart', result: 'applied' });
    metrics.count('sentinel_effects_total', { action: 'restart', result: 'applied' }, 2);
    metrics.observe('sentinel_incident_detection_seconds', {}, 3);
    metrics.gauge('sentinel_decisions_undelivered', {}, 4);
    const { text, contentType } = await metrics.render();
    expect(contentType).toContain('text/plain');
    expect(text).toContain('sentinel_effects_total{action="restart",result="applied"} 3');
    expect(text).toContain('sentinel_incident_detection_seconds_bucket{le="5"} 1');
    expect(text).toContain('sentinel_decisions_undelivered 4');
    expect(text).not.toContain('process_cpu');
  });

  test.each([
    ['sentinel_nothing_total', {}, 1, /not in the table/],
    ['sentinel_effects_total', { action: 'restart' }, 1, /labels/],
    ['sentinel_effects_total', { action: 'restart', result: 'x', more: 'y' }, 1, /labels/],
    ['sentinel_incident_detection_seconds', {}, 1, /is a histogram, not a counter/],
    ['sentinel_effects_total', { action: 'a', result: 'b' }, -1, /cannot take -1/],
    ['sentinel_effects_total', { action: 'a', result: 'b' }, Number.NaN, /cannot take NaN/],
  ])('a mistake is refused: %s %j', (name, labels, value, expected) => {
    expect(() => fresh().count(name, labels as Record<string, string>, value)).toThrow(expected);
  });

  test('in production a mistake is told and nothing else', async () => {
    const told: string[] = [];
    const metrics = createMetrics({ onMistake: (message) => told.push(message), processMetrics: true });
    metrics.count('sentinel_nothing_total', {});
    expect(told).toHaveLength(1);
    expect((await metrics.render()).text).toContain('process_cpu_seconds_total');
  });
});
