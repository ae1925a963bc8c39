// A Loki that is asked what it knows, by rules on a schedule, and read for lines that tell of trouble.

import { isClearText } from '../../domain/net-address.ts';
import type { MonitorVendor } from '../monitor-vendor.ts';
import { settings } from './settings.ts';

export const loki: MonitorVendor<typeof settings> = {
  about: 'Loki servers that are asked by rules on a schedule, and read for lines of trouble (docs/loki.md).',
  settings,
  secret: 'a bearer token, or the password of `username`',
  clearText: ({ url }) => (isClearText(url) ? { key: 'url', what: 'the secret of Loki' } : null),
  async load() {
    const [{ createLokiReadings }, { checkLoki }, { connectLoki }, { lookInto }] = await Promise.all([
      import('./readings.ts'),
      import('./doctor.ts'),
      import('./api.ts'),
      import('./look.ts'),
    ]);
    return {
      watch: (given, secret, nowMs) => createLokiReadings(given, connectLoki(given, secret), nowMs),
      look: (given, secret) => lookInto(given, connectLoki(given, secret)),
      doctor: (given, secret) => checkLoki(given, connectLoki(given, secret)),
    };
  },
};
