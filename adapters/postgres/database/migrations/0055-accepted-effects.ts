// An effect that a vendor has taken on and that is not complete yet: the handle by which any worker goes on asking for it.

import { statements } from './run.ts';

export const acceptedEffects = statements(
  `alter table intents
    add column handle text check (length(handle) <= 2000),
    add column accepted_at_ms bigint,
    add constraint intents_accepted check ((handle is null) = (accepted_at_ms is null))`,
);
