// The one place that looks at the environment of the process. Main files hand it on.

import type { Environment } from './secrets.ts';

export function processEnvironment(): Environment {
  return { ...process.env };
}
