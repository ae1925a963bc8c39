// An Alertmanager whose silences hold here, too.

import { isClearText } from '../../domain/net-address.ts';
import type { MonitorVendor } from '../monitor-vendor.ts';
import { settings } from './settings.ts';

export const alertmanagers: MonitorVendor<typeof settings> = {
  about: 'Alertmanagers whose silences hold here, too (docs/silences.md).',
  settings,
  secret: 'a bearer token, or the password of `username`',
  clearText: ({ url }) => (isClearText(url) ? { key: 'url', what: 'the secret of Alertmanager' } : null),
  async load() {
    const [{ readSilences }, { checkAlertmanager }] = await Promise.all([
      import('./api.ts'),
      import('./doctor.ts'),
    ]);
    return {
      silences: (given, secret) => ({
        everyMs: given.everySeconds * 1_000,
        otherNames: given.labels,
        read: (signal) => readSilences(given, secret, signal),
      }),
      doctor: checkAlertmanager,
    };
  },
};
