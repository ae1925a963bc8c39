// Folders of this machine as a vendor: the sandbox of one service, and its clean-up.

import { normalize } from 'node:path';
import { z } from 'zod';
import type { ExecutorVendor } from '../executor-vendor.ts';
import { whyNoSandbox } from './rules.ts';

const folder = z
  .string()
  .regex(/^\//, 'expected an absolute path')
  .refine(
    (path) => normalize(path) === path && !path.endsWith('/'),
    'expected a path without . and .. and without / at its end',
  )
  .superRefine((path, context) => {
    const reason = whyNoSandbox(path);
    if (reason !== null) context.addIssue({ code: 'custom', message: reason });
  });

const megabyte = 1_000_000;

const settings = z.strictObject({
  host: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'expected lower-case letters, digits, . and -')
    .describe('What target ids call this sandbox: `host/<host>`.'),
  service: z.string().min(1).max(200).describe('The service that writes into it, as in telemetry.'),
  folders: z
    .array(folder)
    .min(1)
    .max(20)
    .describe('The folders it may clean. No part of the path may be a link.'),
  patterns: z
    .array(
      z
        .string()
        .min(1)
        .max(200)
        .regex(/^[^/\0]+$/, 'expected a file name, in which * stands for anything'),
    )
    .min(1)
    .default(['*'])
    .describe('Names of files that may be removed; `*` stands for anything.'),
  olderThanSeconds: z
    .int()
    .min(60)
    .max(31_536_000)
    .default(3_600)
    .describe('Only files that nobody has written to, moved or renamed for so long.'),
  limitBytes: z
    .int()
    .min(megabyte)
    .default(100 * megabyte)
    .describe('The size that counts as full.'),
  trashBytes: z
    .int()
    .min(0)
    .default(20 * megabyte)
    .describe('How much of what was removed is kept, to be put back; the oldest goes first.'),
});

export const host: ExecutorVendor<typeof settings> = {
  typeMeans: 'Folders of this machine.',
  about:
    'Removes old files from the scratch folders of a service on the machine Sentinel runs on: [Host sandbox](host-sandbox.md).',
  settings,
  async load() {
    const [{ createHostExecutor }, { checkHost }] = await Promise.all([
      import('./executor.ts'),
      import('./doctor.ts'),
    ]);
    return { create: createHostExecutor, doctor: checkHost };
  },
};
