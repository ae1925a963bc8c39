/**
 * The oracle: every effect that was really performed, in order. It does not know about duplicates, so a repeated intent
 * shows as two entries. On disk before anybody is told.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface LedgerEntry {
  seq: number;
  at: string;
  intentId: string;
  action: string;
  service: string;
  parameters: Record<string, unknown>;
  before: unknown;
  after: unknown;
}

export class Ledger {
  private readonly file: number;
  readonly entries: LedgerEntry[] = [];

  constructor(dir: string) {
    mkdirSync(dir, { recursive: true });
    this.file = openSync(join(dir, 'ledger.jsonl'), 'a');
  }

  append(effect: Omit<LedgerEntry, 'seq' | 'at'>): LedgerEntry {
    const entry = { seq: this.entries.length + 1, at: new Date().toISOString(), ...effect };
    writeSync(this.file, `${JSON.stringify(entry)}\n`);
    fsyncSync(this.file);
    this.entries.push(entry);
    return entry;
  }

  ofIntent(intentId: string): LedgerEntry[] {
    return this.entries.filter((entry) => entry.intentId === intentId);
  }

  close(): void {
    closeSync(this.file);
  }
}
