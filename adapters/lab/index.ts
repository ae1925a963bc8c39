// The lab's supervisor as a vendor.

import { z } from 'zod';
import type { ExecutorVendor } from '../executor-vendor.ts';

const settings = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' })
    .describe('URL of the supervisor.'),
});

export const lab: ExecutorVendor<typeof settings> = {
  typeMeans: "The lab's supervisor.",
  about: 'Acts on the practice system in `lab/`.',
  settings,
  async load() {
    const [{ createLabExecutor }, { checkLab }] = await Promise.all([
      import('./executor.ts'),
      import('./doctor.ts'),
    ]);
    return { create: ({ name, url }) => createLabExecutor({ name, url }), doctor: checkLab };
  },
};
