// pgvector as a memory of incidents: in the database that Sentinel has anyway.

import { z } from 'zod';
import type { MemoryVendor } from '../../memory-vendor.ts';

const settings = z.strictObject({});

export const pgvector: MemoryVendor<typeof settings, Record<never, never>> = {
  storeMeans: "Sentinel's own database; a server needs the extension pgvector.",
  settings,
  secrets: {},
  inDatabase: true,
  clearText: () => null,
  async load() {
    const [{ createVectorMemory }, { checkVectors }] = await Promise.all([
      import('./vectors.ts'),
      import('./doctor.ts'),
    ]);
    return {
      open: (_settings, _secrets, { database: { db, vectorProblem: problem }, space }) =>
        createVectorMemory(db, { space, problem }),
      doctor: (_settings, _secrets, databaseUrl) => checkVectors(databaseUrl),
    };
  },
};
