// What `doctor` says of an Alertmanager: whether it answers, and how many silences it has.

import { type Finding, ok, warning } from '../../domain/doctor.ts';
import { errorMessage } from '../../domain/error-message.ts';
import type { Monitored } from '../monitor-vendor.ts';
import { readSilences } from './api.ts';
import type { AlertmanagerSettings } from './settings.ts';

/** A doctor answers within seconds. */
const longestMs = 8_000;

export async function checkAlertmanager(
  settings: AlertmanagerSettings & Monitored,
  secret: string | null,
): Promise<Finding> {
  const title = `Alertmanager ${settings.name}`;
  const { host } = new URL(settings.url);
  try {
    const { silences, unreadable } = await readSilences(settings, secret, AbortSignal.timeout(longestMs));
    const left = unreadable === 0 ? '' : `; ${unreadable} more cannot be read, and do not hold here`;
    return ok(title, `${host} answers, ${silences.length} silences${left}`);
  } catch (error) {
    const fix =
      'Fix its url or its secret; until then silences that were read before hold until their own end.';
    return warning(title, errorMessage(error), fix);
  }
}
