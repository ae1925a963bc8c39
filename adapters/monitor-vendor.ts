// What a system says of itself that watches others and can be asked what it knows: the keys of its configuration, its secret, how it is
// watched, and how `doctor` looks at it. adapters/monitors.ts lists them.

import type { z } from 'zod';
import type { OutsideSource } from '../activities/ports/outside.ts';
import type { Finding } from '../domain/doctor.ts';
import type { MirroredSystem } from '../ingest/silence-mirrors.ts';
import type { Readings } from '../ingest/watched.ts';
import type { InClearText } from './vendor.ts';

/** What every configured one has. */
export type Monitored = {
  readonly name: string;
  /** What it speaks about; the first where it does not say. */
  readonly environments: readonly string[];
};

export type MonitorParts<Settings> = {
  /** Absent: it tells nothing that is watched. `secret`: null when none is set. */
  watch?(settings: Settings & Monitored, secret: string | null, nowMs: () => number): Readings;
  /** Asked about an incident when it is diagnosed. Absent: it cannot be. */
  look?(settings: Settings & Monitored, secret: string | null): OutsideSource['look'];
  /** What people silence there. Absent: nothing. */
  silences?(
    settings: Settings & Monitored,
    secret: string | null,
  ): Pick<MirroredSystem, 'everyMs' | 'otherNames' | 'read'>;
  /** The least rights that reading takes, as text to hand to whoever grants them. Absent: it knows none. */
  permissions?(settings: Settings & Monitored): string;
  /** What stands in the way of asking it. Changes nothing there; never throws. */
  doctor(settings: Settings & Monitored, secret: string | null): Promise<Finding>;
};

/** Listed under `ingest.<its key>`, each with a name of its own, and at most one secret under that name. */
export type MonitorVendor<Settings extends z.ZodObject = z.ZodObject> = {
  readonly about: string;
  /** Its own keys; `name` and `environments` belong to all of them. */
  readonly settings: Settings;
  /** What the secret is, for the documentation. */
  readonly secret: string;
  /** Asked where a secret is set. Null when it does not cross the network unencrypted. */
  clearText(settings: z.output<Settings>): InClearText | null;
  /** Loaded when one is configured. */
  load(): Promise<MonitorParts<z.output<Settings>>>;
};
