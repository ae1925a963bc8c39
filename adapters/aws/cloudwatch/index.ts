// Amazon CloudWatch as a system that is asked.

import type { MonitorVendor } from '../../monitor-vendor.ts';
import { settings } from './settings.ts';

export const cloudwatch: MonitorVendor<typeof settings> = {
  about:
    'CloudWatch, asked for alarms and metrics, and for log lines around an incident (docs/cloudwatch.md).',
  settings,
  secret: 'none: the AWS SDK finds the credentials',
  clearText: () => null,
  async load() {
    const [
      { createCloudWatchReadings },
      { openCloudWatch },
      { createSessions },
      { checkCloudWatch },
      { lookIntoCloudWatch },
      { policyText },
    ] = await Promise.all([
      import('./readings.ts'),
      import('./api.ts'),
      import('../session.ts'),
      import('./doctor.ts'),
      import('./look.ts'),
      import('./rights.ts'),
    ]);
    return {
      watch: (given, _secret, nowMs) =>
        createCloudWatchReadings(given, openCloudWatch(given, createSessions(given)), nowMs),
      look: (given) => lookIntoCloudWatch(given, openCloudWatch(given, createSessions(given))),
      doctor: async (given) => {
        const sessions = createSessions(given);
        const api = openCloudWatch(given, sessions);
        return checkCloudWatch(given, sessions, api).finally(() => api.close());
      },
      permissions: policyText,
    };
  },
};
