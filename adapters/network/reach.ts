// What `doctor` says of a server that is only asked whether it accepts connections: more would tell somebody something, or cost money.

import { type Finding, ok, warning } from '../../domain/doctor.ts';
import { addressOf, whyNotReachable } from './address.ts';

/** `about`: what was found besides, for the answer that all is well. */
export async function reached(name: string, url: string, about: string, advice: string): Promise<Finding> {
  const { host, port } = addressOf(url);
  const reason = await whyNotReachable(host, port);
  if (reason === null) return ok(name, `${about}${host}:${port} accepts connections`);
  return warning(name, `${host}:${port} cannot be reached (${reason})`, advice);
}
