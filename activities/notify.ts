// Announces a moment of the incident in the log. People are told by the notification dispatcher (api/notifications), from the record. A failure
// is counted and thrown, so that Temporal tries again; the workflow goes on without waiting.

import type { ActivityDeps } from './deps.ts';
import type { Activities } from './types.ts';

export function createNotify({
  notifier,
  metrics,
}: Pick<ActivityDeps, 'notifier' | 'metrics'>): Activities['notify'] {
  return async (message) => {
    try {
      await notifier.notify(message);
      metrics.count('sentinel_notices_total', { kind: message.kind, result: 'sent' });
    } catch (error) {
      metrics.count('sentinel_notices_total', { kind: message.kind, result: 'failed' });
      throw error;
    }
  };
}
