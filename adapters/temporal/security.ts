// How a connection to Temporal is protected: TLS, a certificate of one's own (mTLS), an API key. One description for both
// sides of the SDK, so that workers are never protected less than clients.

import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from '@temporalio/client';

export type TemporalSecurity = {
  /** Null: no TLS. */
  readonly tls: {
    readonly caFile?: string | undefined;
    readonly certFile?: string | undefined;
    readonly keyFile?: string | undefined;
    readonly serverName?: string | undefined;
  } | null;
  /** Sent as a bearer token; only ever over TLS. */
  readonly apiKey: string | null;
};

export const unprotected: TemporalSecurity = { tls: null, apiKey: null };

/** What the SDK is told. Throws with the setting's name when a file cannot be read, and for a key without TLS. */
export function securityOptions({
  tls,
  apiKey,
}: TemporalSecurity): Pick<ConnectionOptions, 'tls'> & { readonly apiKey?: string } {
  if (tls === null && apiKey !== null)
    throw new Error(
      'SENTINEL_TEMPORAL_API_KEY needs temporal.tls: in clear text the key is anybody’s. Set tls: {}.',
    );
  if (tls === null) return {};
  const { caFile, certFile, keyFile, serverName } = tls;
  return {
    tls: {
      ...(serverName === undefined ? {} : { serverNameOverride: serverName }),
      ...(caFile === undefined ? {} : { serverRootCACertificate: read('caFile', caFile) }),
      ...(certFile === undefined || keyFile === undefined
        ? {}
        : { clientCertPair: { crt: read('certFile', certFile), key: read('keyFile', keyFile) } }),
    },
    ...(apiKey === null ? {} : { apiKey }),
  };
}

function read(setting: 'caFile' | 'certFile' | 'keyFile', path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`temporal.tls.${setting} cannot be read: ${reason}`, { cause });
  }
}
