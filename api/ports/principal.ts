// Who is asking: the key a request presented, whom it counts for, and where it may speak.

import type { Reach } from '../../domain/policy/reach.ts';
import type { KeyRole } from '../../domain/role.ts';

export type Principal = {
  readonly keyId: string;
  /** What the key is called; whoever made it chose that. */
  readonly name: string;
  readonly role: KeyRole;
  /** Whom the key counts for where people are counted. */
  readonly person: string;
  /** Where the key speaks; absent is everywhere. */
  readonly reach?: Reach;
  /** Of an agent: its machine. */
  readonly host?: string;
};
