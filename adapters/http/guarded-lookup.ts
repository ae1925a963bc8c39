// Looks names up as they are connected to, and refuses those that lead to a metadata service: a check of the configured name alone
// says nothing of where it leads a moment later.

import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isMetadataHost } from '../../domain/net-address.ts';

export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress';
}

/** Throws ForbiddenAddress for an address, or a name known as one, that nothing is sent to. */
export function refuseMetadataHost(hostname: string): void {
  if (isMetadataHost(hostname)) throw forbidden(hostname, hostname);
}

/** For `lookup` of `http.request`. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error !== null) return callback(error, '', 0);
    const bad = found.find(({ address }) => isMetadataHost(address));
    if (bad !== undefined) return callback(forbidden(hostname, bad.address), '', 0);
    const [first] = found;
    if (options.all === true) return callback(null, found);
    callback(null, first?.address ?? '', first?.family ?? 0);
  });
};

function forbidden(hostname: string, address: string): ForbiddenAddress {
  const leads = hostname === address ? 'is' : `leads to ${address},`;
  return new ForbiddenAddress(`${hostname} ${leads} an address of the link or of a cloud's metadata service`);
}
