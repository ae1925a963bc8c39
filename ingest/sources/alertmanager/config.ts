// How alerts of Prometheus and Grafana are read: their labels have no fixed names.

import { z } from 'zod';
import { labelSettings } from '../../events/label-settings.ts';
import { reachSetting } from '../reach-setting.ts';

export const settings = z
  .strictObject({
    ...labelSettings,
    reach: reachSetting.describe(
      'Environments and services (`*` and `?` are wildcards) that Grafana may speak about where its signature proves it. Default: all. What lies beyond is refused.',
    ),
  })
  .prefault({})
  .describe('How alerts sent to `POST /api/v1/alerts/alertmanager` are read.');
