// Keys of targets begin with their kind: `production/orders` becomes `service/production/orders`. An effect may touch
// more than its target, and says what. A process of an earlier version knows nothing of either: the new column has no
// default, so it can write no intent beside those of this version, under keys that would not keep each other away.

import { statements } from './run.ts';

const part = (name: string) => `replace(replace(${name}, '%', '%25'), '/', '%2F')`;
const renamed = `'service/' || ${part('environment')} || '/' || ${part(`(body -> 'target' ->> 'service')`)}`;

/** Every lease and every fence was taken for an intent. Where two targets shared a key, both keep the higher fence. */
const rename = (table: string, columns: string) => [
  `create table former_rows as select * from ${table}`,
  `delete from ${table}`,
  `insert into ${table} (target_key, ${columns})
    select renamed, ${columns} from former_rows join former_keys using (target_key)`,
  'drop table former_rows',
];

export const targetKeys = statements(
  `create table former_keys as select distinct target_key, ${renamed} as renamed from intents`,
  ...rename('leases', 'incident_id, fence, expires_at_ms'),
  ...rename('fences', 'last_fence'),
  'drop table former_keys',
  'alter table intents disable trigger intents_guard',
  'alter table intents add column touches text[]',
  `update intents set touches = '{}', target_key = ${renamed}`,
  'alter table intents alter column touches set not null, enable trigger intents_guard',
  `create or replace function sentinel_guard_intent() returns trigger language plpgsql as $$
  begin
    if tg_op = 'DELETE' then
      raise exception 'an intent is never deleted' using errcode = 'integrity_constraint_violation';
    end if;
    if old.status in ('applied', 'failed') then
      raise exception 'intent % is already %', old.id, old.status using errcode = 'integrity_constraint_violation';
    end if;
    if (new.id, new.incident_id, new.plan_hash, new.step, new.direction, new.target_key, new.touches, new.body::text)
      is distinct from
      (old.id, old.incident_id, old.plan_hash, old.step, old.direction, old.target_key, old.touches, old.body::text)
      or (old.status <> 'written' and (new.status = 'written' or new.fence <> old.fence))
      or (old.status = 'uncertain' and new.status = 'sent')
      or new.sends < old.sends then
      raise exception 'intent % cannot be rewritten', old.id using errcode = 'integrity_constraint_violation';
    end if;
    return new;
  end $$`,
  'create index intents_touching on intents using gin (touches)',
);
