// Numbered sends: an intent knows how often it was sent and until when the latest call may begin. `uncertain` is an outcome
// that nobody knows: it is settled by a person, and never sent again.

import { statements } from './run.ts';

export const sends = statements(
  `alter table intents
    add column sends integer not null default 0 check (sends >= 0),
    add column not_after_ms bigint,
    drop constraint intents_status_check,
    add constraint intents_status_check check (status in ('written', 'sent', 'uncertain', 'applied', 'failed'))`,
  `create or replace function sentinel_guard_intent() returns trigger language plpgsql as $$
  begin
    if tg_op = 'DELETE' then
      raise exception 'an intent is never deleted' using errcode = 'integrity_constraint_violation';
    end if;
    if old.status in ('applied', 'failed') then
      raise exception 'intent % is already %', old.id, old.status using errcode = 'integrity_constraint_violation';
    end if;
    if (new.id, new.incident_id, new.plan_hash, new.step, new.direction, new.target_key, new.body::text)
      is distinct from
      (old.id, old.incident_id, old.plan_hash, old.step, old.direction, old.target_key, old.body::text)
      or (old.status <> 'written' and (new.status = 'written' or new.fence <> old.fence))
      or (old.status = 'uncertain' and new.status = 'sent')
      or new.sends < old.sends then
      raise exception 'intent % cannot be rewritten', old.id using errcode = 'integrity_constraint_violation';
    end if;
    return new;
  end $$`,
  // What an earlier version has sent and not settled: sent once, and its call has long begun or never will.
  `update intents set sends = 1, not_after_ms = sent_at_ms where status = 'sent'`,
  `create index intents_unsettled on intents (target_key) where status in ('sent', 'uncertain')`,
  'create index intents_of_target on intents (target_key, fence)',
);
