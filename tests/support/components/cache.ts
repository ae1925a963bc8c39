/** Where obtained components stay between runs. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export const cacheDir = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sentinel');

/** In CI a component that cannot be had is a failure; on a user's machine its tests are skipped by name. */
export const isCi = process.env.CI === 'true';
