// How series that Prometheus writes are read: which of their labels say whom they are about.

import { z } from 'zod';
import { labelSettings } from '../../events/label-settings.ts';

const { service, workload, host, exporters, environment, component, resource } = labelSettings;

const label = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'expected the name of a label');
const metric = z.string().min(1).max(200);

export const settings = z
  .strictObject({
    ...{ service, workload, host, exporters, environment, component, resource },
    ignoredLabels: z
      .array(label)
      .max(100)
      .default([
        ...['job', 'instance', 'endpoint', 'metrics_path'],
        ...['prometheus', 'prometheus_replica', '__replica__'],
      ])
      .describe(
        'Labels that tell how a series was scraped and not what it is about: they are left out. Two replicas of one Prometheus that write the same series become one.',
      ),
    names: z
      .record(metric, metric)
      .default({})
      .describe(
        'Metrics that mean something Sentinel knows under another name, beside those of the usual exporters: `{ shop_request_seconds: http.server.request.duration }`.',
      ),
  })
  .prefault({})
  .describe('How series sent to `POST /api/v1/write` are read.');

export type RemoteWriteSettings = z.output<typeof settings>;
