// What a memory of incidents says of itself: its keys of the configuration, its secrets, how it is opened, and how `doctor` looks at it.
// adapters/memories.ts lists them.

import type { z } from 'zod';
import type { Finding } from '../domain/doctor.ts';
import type { IncidentMemory } from '../domain/memory/port.ts';
import type { Database } from './postgres/index.ts';
import type { InClearText, SecretsOf, SecretVariables } from './vendor.ts';

export type MemoryVendor<
  Settings extends z.ZodObject = z.ZodObject,
  Secrets extends SecretVariables = SecretVariables,
> = {
  /** Of the value of `store`, for the reference of the configuration. */
  readonly storeMeans: string;
  /** Its section below `memory`. Everything has a default. */
  readonly settings: Settings;
  readonly secrets: Secrets;
  /** Keeps vectors in the database of the decisions. */
  readonly inDatabase: boolean;
  /** Null when nothing crosses the network unencrypted. */
  clearText(settings: z.output<Settings>, secrets: SecretsOf<Secrets>): InClearText | null;
  load(): Promise<{
    /** Connects at the first use. */
    open(settings: z.output<Settings>, secrets: SecretsOf<Secrets>, given: MemoryPlace): IncidentMemory;
    /** What stands in the way of using it. Changes nothing there; never throws. `databaseUrl`: undefined when it is embedded. */
    doctor(
      settings: z.output<Settings>,
      secrets: SecretsOf<Secrets>,
      databaseUrl: string | undefined,
    ): Promise<Finding>;
  }>;
};

export type MemoryPlace = {
  readonly database: Pick<Database, 'db' | 'vectorProblem'>;
  /** Names the space of the vectors. */
  readonly space: string;
};
