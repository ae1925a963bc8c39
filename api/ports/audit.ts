// The audit: written, read, and checked link by link.

import type { AuditAction, AuditDetail } from '../../domain/audit/event.ts';
import type { Page } from './page.ts';

export type AuditEntry = {
  readonly seq: number;
  readonly atMs: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly reason: string;
  readonly planHash: string | null;
  /** The canonical bytes that were stored, as text. */
  readonly canonical: string;
};

/** What the API audits by itself; what changes a store is audited where it is changed. */
export interface AuditWriter {
  append(entry: {
    readonly actor: string;
    readonly action: AuditAction;
    readonly subject: string;
    readonly reason: string;
    readonly details: Readonly<Record<string, AuditDetail>>;
  }): Promise<void>;
}

export type AuditVerification =
  | { readonly ok: true; readonly checked: number }
  | {
      readonly ok: false;
      /** Entries before it that hold. */
      readonly checked: number;
      /** Number of the first entry that does not. */
      readonly brokenSeq: number;
      readonly what: string;
    };

/** A part of a verification: `checked` links from the first on hold, of `links` that there are. */
export type AuditProgress =
  | { readonly ok: true; readonly checked: number; readonly links: number }
  | Extract<AuditVerification, { ok: false }>;

/** The audit as a chain of hashes: who changes, removes or slips in an entry breaks every link after it. */
export interface AuditChain {
  /** Links what was written since; returns how many entries. Safe from any process at any moment. */
  seal(): Promise<number>;
  verify(): Promise<AuditVerification>;
  /**
   * Checks at most so many links more than the last call did, in this process or another, and begins again at the end: what was
   * changed behind it is found in the next round.
   */
  verifyNext(most: number): Promise<AuditProgress>;
}

export interface AuditReader {
  query(
    filter: { actor?: string; action?: string; subject?: string; fromMs?: number; toMs?: number },
    limit: number,
    cursor: string | null,
  ): Promise<Page<AuditEntry>>;
  /** Checks every link of the chain; reads the whole audit. */
  verify(): Promise<AuditVerification>;
}
