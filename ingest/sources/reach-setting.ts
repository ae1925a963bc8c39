// How far the word of a source goes whose senders prove themselves by a signature: as the reach of a key.

import { reachSchema } from '../../domain/policy/reach.ts';

export const reachSetting = reachSchema
  .prefault({})
  .describe(
    'Environments and services (`*` and `?` are wildcards) that its senders may speak about. Default: all. What lies beyond is refused.',
  );
