// Whose a key is, by the stable name of a person; null for keys of nobody in particular. It limits the key to what that person may
// do. Whom it counts for in a quorum is another question: whoever makes a key has seen it.

import { statements } from './run.ts';

export const keyHolders = statements('alter table api_keys add column belongs_to text');
