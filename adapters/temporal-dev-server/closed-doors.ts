/**
 * The dev server listens for HTTP, too, and that cannot be switched off: any web page could post to its HTTP API, which takes
 * `text/plain` from everywhere, and any name that leads to this machine could read its Web UI (DNS rebinding). So the API answers
 * to no host at all, and the UI listens where nobody looks for it; people get it through `startWebUi` of app/temporal.
 */
import { randomInt } from 'node:crypto';
import { platform } from 'node:os';

/** Dynamic configuration, as `KEY=VALUE` with JSON values. */
export const closedDoors = [
  // No Host header matches: also not the one of an honest client. Everything of ours speaks gRPC.
  'frontend.httpAllowedHosts=[]',
  'system.enableNexus=false',
];

/**
 * An address for the Web UI that no page can guess, among the 16 million that Linux gives the loopback interface. Elsewhere there
 * is only 127.0.0.1, with a port that is not known.
 */
export function hiddenAddress(): string {
  if (platform() !== 'linux') return '127.0.0.1';
  return `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}`;
}
