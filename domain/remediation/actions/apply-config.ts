import { z } from 'zod';
import type { Action } from './action.ts';
import { configChange, configInWords, withConfig } from './config.ts';
import { safeName } from './parameters.ts';

export const applyConfig: Action = {
  ...configChange,
  summary: 'Applies a configuration; only used to undo a rollback.',
  parameters: z.strictObject({ version: safeName }),
  choose: null,
  expect: (before, { version }) => withConfig(before, version),
  describe: (before, { version }) => configInWords(before, version),
};
