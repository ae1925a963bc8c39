// Browser sessions, each standing for the API key that opened it.

import type { Principal } from './principal.ts';

export type OpenedSession = {
  /** For the cookie; only its hash is stored. */
  readonly token: string;
  readonly principal: Principal;
  readonly expiresAtMs: number;
};

/** People in a browser: a session stands for the API key that opened it, and never for more than that key may do. */
export interface Sessions {
  /** Null when the key is unknown or revoked. */
  open(presentedKey: string): Promise<OpenedSession | null>;
  /** For somebody who has proven to hold this key in another way; null when it is unknown or revoked by now. */
  openFor(keyId: string): Promise<OpenedSession | null>;
  /**
   * The principal as its key is now; null when the session ended, was idle too long or its key was revoked. `used` says
   * that a person did something: a page that only keeps itself up to date does not keep a session alive.
   */
  find(token: string, used: boolean): Promise<Principal | null>;
  /** Idempotent. */
  end(token: string): Promise<void>;
}
