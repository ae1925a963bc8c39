/** A real Loki does what a monitor has to, whatever stands in between. */

import { connectLoki } from '../../../adapters/loki/api.ts';
import { checkLoki } from '../../../adapters/loki/doctor.ts';
import { createLokiReadings } from '../../../adapters/loki/readings.ts';
import { settings as schema } from '../../../adapters/loki/settings.ts';
import { describeWith } from '../../support/component.ts';
import type { LokiInfo } from '../../support/components/loki.ts';
import { startLoki } from '../../support/loki.ts';
import { monitorContract } from '../monitors/contract.ts';

const nowNs = () => BigInt(Date.now()) * 1_000_000n;
const off = { errorShare: false, errorRate: false, newErrors: false } as const;

await describeWith<LokiInfo>('loki', 'a real server', ({ executable }) => {
  monitorContract('Loki', { inOrder: true }, async () => {
    const loki = await startLoki(executable);
    const stream = { service: 'contract' };
    await loki.push(stream, [[nowNs(), 'level=info value=0']]);
    return {
      url: loki.url,
      start(url) {
        const given = schema.parse({
          ...{ url, timeoutSeconds: 2, presets: off },
          rules: [
            {
              name: 'contract',
              query:
                'max by (service_name) (last_over_time({service_name="contract"} | logfmt | unwrap value [5m]))',
              ...{ above: 0, forSeconds: 0 },
            },
          ],
          lines: { delaySeconds: 0 },
        });
        const monitored = { ...given, name: 'main', environments: ['prod'] };
        const api = connectLoki(given, null);
        return {
          readings: createLokiReadings(monitored, api, Date.now),
          check: () => checkLoki(monitored, api),
        };
      },
      fire: (on) => loki.push(stream, [[nowNs(), `level=info value=${on ? 1 : 0}`]]),
      sample: (value) => loki.push({ service: 'other' }, [[nowNs(), `level=error sample ${value}`]]),
      samplesIn: (seen) =>
        seen.flatMap((one) => (one.kind === 'log' ? [Number(/sample (\d+)/.exec(one.body)?.[1])] : [])),
      refusals: {
        credentials: { status: 401, body: 'no org id', type: 'text/plain' },
        throttled: { status: 429, body: 'too many outstanding requests', type: 'text/plain' },
      },
      stop: loki.stop,
    };
  });
});
