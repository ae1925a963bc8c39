/** A real Prometheus does what a monitor has to, whatever stands in between. */
import { checkRules } from '../../../adapters/monitor-rules/doctor.ts';
import { createRuleReadings } from '../../../adapters/monitor-rules/readings.ts';
import { connectPrometheus } from '../../../adapters/prometheus/api.ts';
import { rulesOf } from '../../../adapters/prometheus/rules.ts';
import { settings as schema } from '../../../adapters/prometheus/settings.ts';
import { encodeWrite, snapped } from '../../ingest/support/remote-write.ts';
import { describeWith } from '../../support/component.ts';
import type { PrometheusInfo } from '../../support/components/prometheus.ts';
import { startPrometheus } from '../../support/prometheus.ts';
import { monitorContract } from '../monitors/contract.ts';

const presets = Object.fromEntries(Object.keys(schema.shape.presets.parse({})).map((name) => [name, false]));

await describeWith<PrometheusInfo>('prometheus', 'a real server', ({ executable }) => {
  monitorContract('Prometheus', { inOrder: false }, async () => {
    const prometheus = await startPrometheus(executable, 'global: { scrape_interval: 1m }');
    const write = async (__name__: string, value: number) => {
      const body = encodeWrite('1.0', [
        { labels: { __name__, service: 'contract' }, samples: [{ value, atMs: Date.now() }] },
      ]);
      const { status } = await fetch(`${prometheus.url}/api/v1/write`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
        body: new Uint8Array(snapped(body)),
      });
      if (status !== 204) throw new Error(`${status}`);
    };
    return {
      url: prometheus.url,
      start(url) {
        const given = schema.parse({
          ...{ url, timeoutSeconds: 2, presets, everySeconds: 15 },
          rules: [
            { name: 'contract', query: 'alarm', above: 0, forSeconds: 0 },
            { name: 'kept', query: 'sample', above: 1e9, metric: 'sample' },
          ],
        });
        const monitored = { ...given, name: 'main', environments: ['prod'] };
        const api = connectPrometheus(given, null);
        let aheadMs = 0;
        const nowMs = () => Date.now() + aheadMs;
        const readings = createRuleReadings('prometheus', monitored, rulesOf(given), api, nowMs);
        return {
          readings,
          later: () => {
            aheadMs += 15_000;
          },
          check: () => checkRules('Prometheus', monitored, rulesOf(given), api),
        };
      },
      fire: (on) => write('alarm', on ? 1 : 0),
      sample: (value) => write('sample', value),
      samplesIn: (seen) => seen.flatMap((one) => (one.kind === 'gauge' ? [one.value] : [])),
      refusals: {
        credentials: { status: 401, body: 'Unauthorized', type: 'text/plain' },
        throttled: { status: 429, body: 'too many requests', type: 'text/plain' },
      },
      stop: prometheus.stop,
    };
  });
});
