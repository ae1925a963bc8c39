// What `doctor` says of ClickHouse: whether it is used, and can be reached.

import { type Finding, ok, warning } from '../../domain/doctor.ts';
import { reached } from '../network/reach.ts';

const name = 'ClickHouse';
const less = 'Without it diagnoses have less evidence, and more plans need approval.';

export async function checkClickHouse({
  enabled,
  url,
}: {
  readonly enabled: boolean;
  readonly url?: string | undefined;
}): Promise<Finding> {
  if (!enabled) return warning(name, 'disabled', `${less} Set clickhouse.enabled: true.`);
  if (url === undefined) return ok(name, 'embedded');
  return reached(name, url, '', `Start it, or fix clickhouse.url. ${less}`);
}
