// Which agents are there, and what is asked of them. A request is only good while somebody waits for its answer, so it is not
// logged: one that is lost in a crash is an answer that was lost. Which session speaks for a machine outlives that.

import { statements } from './run.ts';

export const agents = statements(
  `create table agents (
    host text primary key,
    session text not null,
    journal text not null,
    version text not null,
    executors json not null,
    skew_ms bigint not null,
    connected_at_ms bigint not null,
    seen_at_ms bigint not null,
    there_until_ms bigint not null
  )`,
  `create unlogged table agent_requests (
    id text primary key,
    host text not null,
    body json not null,
    intent_id text,
    send integer,
    not_after_ms bigint,
    asked_at_ms bigint not null,
    until_ms bigint not null,
    session text,
    ended text check (ended in ('answered', 'lost', 'withdrawn')),
    answer json
  )`,
  'create index agent_requests_open on agent_requests (host, asked_at_ms) where ended is null',
);
