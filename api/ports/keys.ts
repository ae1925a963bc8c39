// API keys: made, listed, revoked, and recognised when presented.

import type { Reach } from '../../domain/policy/reach.ts';
import type { KeyRole } from '../../domain/role.ts';
import type { Principal } from './principal.ts';

export type NewKey = {
  readonly name: string;
  readonly role: KeyRole;
  /** Whose it is, by the name of a person of the configuration: it may do no more than they may. */
  readonly belongsTo?: string;
  readonly reach?: Reach;
  /** Of an agent's key, and of no other: the machine it is good for. */
  readonly host?: string;
  /** From then on it is no key. */
  readonly expiresAtMs?: number | null;
};

export type KeyRecord = {
  readonly keyId: string;
  readonly name: string;
  readonly role: KeyRole;
  /** Whom it counts for where people are counted. */
  readonly person: string;
  /** Whose it is; null for keys of nobody in particular. */
  readonly belongsTo: string | null;
  readonly reach: Reach | null;
  /** Of an agent's key: the machine it is good for. */
  readonly host: string | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  /** To the minute; null when it was never used. */
  readonly lastUsedAtMs: number | null;
  readonly revokedAtMs: number | null;
};

export interface ApiKeys {
  /** Finds the principal of a presented key (hash compared in constant time); null when unknown, expired or revoked. */
  authenticate(presented: string): Promise<Principal | null>;
  /** Returns the key itself, once; only its hash is stored. It counts for the person of whoever makes it. */
  create(key: NewKey, by: Principal): Promise<{ keyId: string; key: string }>;
  list(): Promise<readonly KeyRecord[]>;
  revoke(keyId: string, by: Principal): Promise<boolean>;
  /** Those of the keys that exist, have not expired and were not revoked, in one look. */
  active(keyIds: readonly string[]): Promise<ReadonlySet<string>>;
}
