import { type Finding, ok, warning } from '../../domain/doctor.ts';
import { addressOf, whyNotReachable } from '../network/address.ts';

/** Whether anybody listens where the supervisor should. */
export async function checkLab({ name, url }: { name: string; url: string }): Promise<Finding> {
  const title = `Executor ${name}`;
  const { host, port } = addressOf(url);
  const reason = await whyNotReachable(host, port);
  if (reason === null) return ok(title, `${host}:${port} accepts connections`);
  const advice = 'Start it, or fix its url; until then Sentinel does not act on its targets.';
  return warning(title, `${host}:${port} cannot be reached (${reason})`, advice);
}
