// What a store says of itself: its section of the configuration, its secrets, how it is opened, and how `doctor` looks at it.
// adapters/stores.ts lists them.

import type { z } from 'zod';
import type { History } from '../activities/ports.ts';
import type { SeriesReader } from '../api/ports/telemetry.ts';
import type { Finding } from '../domain/doctor.ts';
import type { HistoryWriter } from '../ingest/ports.ts';
import type { InClearText, SecretsOf, SecretVariables } from './vendor.ts';

/** Telemetry as it was. Without one Sentinel runs, with less evidence and less autonomy. */
export type HistoryStore = History &
  HistoryWriter &
  SeriesReader & {
    /** Where it is, without credentials: for `/ready`. */
    readonly location: string;
    /** Throws `HistoryUnavailable` when it does not answer or cannot be used. */
    ping(): Promise<void>;
    /** Environments with telemetry since then, by name. */
    environments(sinceMs: number): Promise<readonly string[]>;
    /** Rows that wait for their turn to be written. */
    waitingRows(): number;
    /** Writes what waits, then closes the connection. */
    close(): Promise<void>;
  };

type Described<Settings extends z.ZodObject, Secrets extends SecretVariables> = {
  /** As people call it. */
  readonly title: string;
  readonly about: string;
  /** Its section of the configuration. Everything has a default. */
  readonly settings: Settings;
  readonly secrets: Secrets;
  /** Address of the server; undefined: it is not used, or runs inside of the process. */
  serverOf(settings: z.output<Settings>, secrets: SecretsOf<Secrets>): string | undefined;
  /** What has to be set so that processes of different roles can share it, in a few words; null when they can. */
  notShared(settings: z.output<Settings>, secrets: SecretsOf<Secrets>): string | null;
  /** Null when nothing crosses the network unencrypted. */
  clearText(settings: z.output<Settings>, secrets: SecretsOf<Secrets>): InClearText | null;
};

type Parts<Settings, Secrets> = {
  /** What stands in the way of using it. Changes nothing there; never throws. */
  doctor(settings: Settings, secrets: Secrets): Promise<Finding>;
};

/** Keeps what safety is decided by. There is one. */
export type DatabaseVendor<
  Settings extends z.ZodObject = z.ZodObject,
  Secrets extends SecretVariables = SecretVariables,
> = Described<Settings, Secrets> & {
  readonly keeps: 'decisions';
  load(): Promise<Parts<z.output<Settings>, SecretsOf<Secrets>>>;
};

/** Keeps telemetry. One of them is used. */
export type HistoryVendor<
  Settings extends z.ZodObject = z.ZodObject,
  Secrets extends SecretVariables = SecretVariables,
> = Described<Settings, Secrets> & {
  readonly keeps: 'history';
  /** Whether it is configured. */
  isUsed(settings: z.output<Settings>): boolean;
  load(): Promise<
    Parts<z.output<Settings>, SecretsOf<Secrets>> & {
      /** Connects at the first use: a server that is away is found when it comes back. `folder`: for what it keeps on this machine. */
      open(settings: z.output<Settings>, secrets: SecretsOf<Secrets>, folder: string): HistoryStore;
    }
  >;
};

export type StoreVendor = DatabaseVendor | HistoryVendor;
