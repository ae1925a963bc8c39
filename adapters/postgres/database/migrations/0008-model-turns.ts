// Every call to a language model: written before it is made, so that its cost counts whatever becomes of it.

import { statements } from './run.ts';

export const modelTurns = statements(
  `create table model_turns (
    incident_id text not null,
    attempt integer not null check (attempt >= 1),
    turn integer not null check (turn >= 1),
    status text not null check (status in ('reserved', 'finished')),
    tries integer not null check (tries >= 1),
    provider text not null,
    model text not null,
    system text not null,
    prompt text not null,
    prompt_hash text not null,
    outcome text,
    reason text,
    output text,
    output_hash text,
    dropped json,
    input_tokens bigint,
    output_tokens bigint,
    latency_ms bigint,
    tokens bigint not null check (tokens >= 0),
    microdollars bigint not null check (microdollars >= 0),
    reserved_at_ms bigint not null,
    finished_at_ms bigint,
    primary key (incident_id, attempt, turn),
    check ((status = 'finished') = (outcome is not null))
  )`,
  'create index model_turns_by_time on model_turns (reserved_at_ms) where microdollars > 0',
);
