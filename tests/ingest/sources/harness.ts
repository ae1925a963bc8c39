// What the contract of sources has to know of one way in.

import { createHmac } from 'node:crypto';
import type { ReadRemote } from '../../../ingest/ports.ts';
import type { SourceName } from '../../../ingest/sources/index.ts';
import { nowMs } from '../support/otlp.ts';

export type Place = { readonly environment: string; readonly service: string };

export type WayHarness = {
  readonly source: SourceName;
  readonly path: string;
  /** Its path where names are part of it, as the source states it. Default: `path`. */
  readonly way?: string;
  /** A body as the sender makes it: an alert that begins, and its end. `which` tells alerts apart. Null: it tells of changes. */
  readonly firing: (which: string) => object;
  readonly resolved: null | ((which: string) => object);
  /** How it begins again after its end, for senders that tell of each change once. Default: as before. */
  readonly again?: (which: string, atMs: number) => object;
  /** What that alert, or change, is here. */
  readonly reads: Place & { readonly title: string; readonly severity: 'critical' | 'warning' | 'info' };
  /** Headers of a request that is proved, by the current secret or by another one. */
  readonly prove: (
    body: string,
    how?: { readonly secret?: string; readonly atMs?: number },
  ) => Readonly<Record<string, string>>;
  /** The field of the body that has the key, where no header has it. */
  readonly keyField?: string;
  /** Of a way that is proved by a signature. */
  readonly signature: null | {
    readonly variable: string;
    readonly secrets: readonly [current: string, older: string];
    /** Whether it says when it was signed. */
    readonly dated: boolean;
    /** It is the secret itself: it proves nothing of the body. */
    readonly bare?: true;
  };
  /** For senders that write what proves them into the body: the body as it is sent. */
  readonly seal?: (body: string, how?: { readonly forged?: boolean; readonly atMs?: number }) => string;
  /** What it is configured with, where the defaults do not do; a list for a source that has several of them. */
  readonly settings?: object | readonly object[];
  /** What is on the internet. */
  readonly readRemote?: ReadRemote;
  /** A body with several alerts, the one in the middle unusable; null where a body has one. */
  readonly withBadOne: null | (() => object);
};

export const byKey = () => ({ 'content-type': 'application/json', authorization: 'Bearer good' });

export const hmac = (
  secret: string | Uint8Array,
  encoding: 'hex' | 'base64',
  ...parts: readonly string[]
) => {
  const mac = createHmac('sha256', secret);
  for (const part of parts) mac.update(part);
  return mac.digest(encoding);
};

export const iso = (ms: number): string => new Date(ms).toISOString();
export const minutesAgo = (minutes: number): string => iso(nowMs - minutes * 60_000);
