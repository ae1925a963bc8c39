// Addresses that would give the machine's own credentials to whoever answers for a cloud's metadata service: refused.

import { isMetadataHost } from '../domain/net-address.ts';

type Found = { readonly path: (string | number)[]; readonly message: string };

/** Every address in a configuration that leads to a metadata service, whatever it is for. */
export function metadataAddresses(value: unknown, path: (string | number)[] = []): Found[] {
  if (Array.isArray(value)) return value.flatMap((one, index) => metadataAddresses(one, [...path, index]));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, one]) => metadataAddresses(one, [...path, key]));
  if (typeof value !== 'string' || !isMetadataHost(hostOf(value, path))) return [];
  const message =
    "is a link-local or cloud metadata address, which hands out this machine's credentials: Sentinel never connects to it";
  return [{ path, message }];
}

/** The host of a URL, or of `host:port` and `host` under a key that says so; empty when the text is neither. */
function hostOf(text: string, path: readonly (string | number)[]): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return URL.canParse(text) ? new URL(text).hostname : '';
  const isAddress = path.some((key) => /host|address|broker/i.test(String(key)));
  return isAddress ? text.replace(/:\d{1,5}$/, '') : '';
}
