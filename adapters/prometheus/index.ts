// A Prometheus that is asked what it knows, by rules on a schedule.

import { isClearText } from '../../domain/net-address.ts';
import type { MonitorVendor } from '../monitor-vendor.ts';
import { settings } from './settings.ts';

export const prometheus: MonitorVendor<typeof settings> = {
  about: 'Prometheus servers that are asked by rules on a schedule (docs/prometheus.md).',
  settings,
  secret: 'a bearer token, or the password of `username`',
  clearText: ({ url }) => (isClearText(url) ? { key: 'url', what: 'the secret of Prometheus' } : null),
  async load() {
    const [{ createRuleReadings }, { lookByRules }, { checkRules }, { connectPrometheus }, { rulesOf }] =
      await Promise.all([
        import('../monitor-rules/readings.ts'),
        import('../monitor-rules/look.ts'),
        import('../monitor-rules/doctor.ts'),
        import('./api.ts'),
        import('./rules.ts'),
      ]);
    return {
      watch: (given, secret, nowMs) =>
        createRuleReadings('prometheus', given, rulesOf(given), connectPrometheus(given, secret), nowMs),
      look(given, secret) {
        const api = connectPrometheus(given, secret);
        const rules = rulesOf(given);
        return async (question, signal) => ({
          ...(await lookByRules(given, rules, api, question, signal)),
          lines: [],
        });
      },
      doctor: (given, secret) =>
        checkRules('Prometheus', given, rulesOf(given), connectPrometheus(given, secret)),
    };
  },
};
