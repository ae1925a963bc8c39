import { z } from 'zod';
import type { Action } from './action.ts';
import { configChange, configInWords, withConfig } from './config.ts';
import { safeName, versionBefore } from './parameters.ts';

export const rollbackConfig: Action = {
  ...configChange,
  summary: 'Goes back to the configuration before.',
  parameters: z.strictObject({ to: safeName }),
  choose: ({ config, previousConfig }) => versionBefore('configuration', config, previousConfig),
  expect: (before, { to }) => withConfig(before, to),
  describe: (before, { to }) => configInWords(before, to),
};
