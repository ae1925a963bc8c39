// The one place that looks at the environment of the process. Main files hand it on.

import type { Environment } from './secrets.ts';

/** Takes our secrets out of the environment once they are read: whatever this process starts inherits the rest. */
export function forgetSecrets(): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('SENTINEL_')) delete process.env[name];
}

export function processEnvironment(): Environment {
  return { ...process.env };
}
