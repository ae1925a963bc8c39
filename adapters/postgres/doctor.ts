// What `doctor` says of Postgres: whether it can be reached, and will still have tomorrow what it confirms today.

import { type Finding, missing, ok, warning } from '../../domain/doctor.ts';
import { addressOf, whyNotReachable } from '../network/address.ts';
import { durabilityOfServer } from './database/open.ts';

const name = 'Postgres';

export async function checkPostgres(url: string | undefined): Promise<Finding> {
  if (url === undefined) return ok(name, 'embedded');
  const { host, port } = addressOf(url);
  const reason = await whyNotReachable(host, port);
  if (reason !== null) {
    const advice = 'Start it, or fix SENTINEL_POSTGRES_URL (or postgres.url).';
    return missing(name, `${host}:${port} cannot be reached (${reason})`, advice);
  }
  try {
    const problems = await durabilityOfServer(url);
    if (problems.length === 0) return ok(name, `${host}:${port} accepts connections, commits are durable`);
    return warning(name, problems.join(' '), 'Sentinel acts by what this database remembers.');
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return missing(name, said, 'Fix it, then run "sentinel doctor" again.');
  }
}
