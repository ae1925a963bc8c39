// Who may send telemetry, alerts and events, and who stands behind what they send. Where the server listens proves nothing: a
// proxy on this machine passes on what strangers send. So only a request that came from this machine itself, to a name of this
// machine, and that no proxy has touched, is from somebody here.

import { isLoopback } from '../../api/http/loopback.ts';
import type { ApiKeys } from '../../api/ports/keys.ts';
import type { SenderKeys } from '../../config/load.ts';
import { maySend } from '../../domain/role.ts';
import type { Authorization, Authorize } from '../../ingest/ports.ts';

/** Whatever a proxy adds, so that the one behind it knows of the one before it. */
const forwardingHeaders = [
  ...['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port'],
  ...[
    'x-forwarded-prefix',
    'x-forwarded-server',
    'x-real-ip',
    'x-client-ip',
    'x-original-host',
    'x-envoy-external-address',
  ],
  ...['true-client-ip', 'cf-connecting-ip', 'fastly-client-ip', 'x-amzn-trace-id', 'x-cloud-trace-context'],
];

/** True when a program of this machine sent it itself. `address` is where the connection came from. */
export function isFromHere({ url, headers }: Pick<Request, 'url' | 'headers'>, address: string): boolean {
  const here = /^127\./.test(address) || address === '0:0:0:0::/64';
  return here && isLoopback(new URL(url).hostname) && !forwardingHeaders.some((name) => headers.has(name));
}

/** Senders need a key that may send (`ingest`, `operator` or `admin`), as far as the configuration asks for one. */
export function senderAuthorize(apiKeys: Pick<ApiKeys, 'authenticate'>, keys: SenderKeys): Authorize {
  return async (request, _, address) => {
    const presented = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    const principal = presented === undefined ? null : await apiKeys.authenticate(presented);
    if (principal !== null && maySend(principal.role)) {
      const { keyId, name, reach } = principal;
      return { allowed: true, actor: name, sender: { id: `key:${keyId}`, vouched: true, reach } };
    }
    const fromHere = isFromHere(request, address);
    if (keys === 'never' || (keys === 'unless-local' && fromHere)) {
      return { allowed: true, actor: 'anonymous', sender: { id: `address:${address}`, vouched: fromHere } };
    }
    return principal === null ? unauthenticated(keys) : forbidden;
  };
}

const forbidden: Authorization = {
  allowed: false,
  reason: 'forbidden',
  detail: 'sending telemetry and events requires a key with the role ingest',
};

function unauthenticated(keys: SenderKeys): Authorization {
  const why =
    keys === 'unless-local'
      ? ' Only programs on this machine may send without one, directly and to a loopback name.'
      : '';
  const detail = `an API key is required: Authorization: Bearer KEY ("sentinel key create NAME --role ingest" makes one).${why}`;
  return { allowed: false, reason: 'unauthenticated', detail };
}
