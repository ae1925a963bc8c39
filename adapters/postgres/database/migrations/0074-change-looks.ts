// When each watched system was last looked at for changes. Nothing is lost when it is gone: the next look comes soon.

import { statements } from './run.ts';

export const changeLooks = statements(
  `create unlogged table change_looks (
    name text not null,
    environment text not null,
    at_ms bigint not null,
    primary key (name, environment)
  )`,
);
