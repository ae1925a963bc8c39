// The version of this Sentinel, from the one place that has it.

import about from '../package.json' with { type: 'json' };

export const { version } = about;
