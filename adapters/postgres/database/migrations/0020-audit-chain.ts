// The audit as a chain. Whoever inserts says what happened; the database says when it was written down, in which order, and
// what its digest is, whatever the insert claimed. Rows are linked after their transactions have committed, so that nobody who
// audits waits for anybody else: `sentinel_seal_audit` takes what waits in `audit_pending`, one caller at a time, and each link
// is the SHA-256 of the link before and of the row. docs/audit.md describes the bytes; verify.ts computes them again.

import { statements } from './run.ts';

export const auditChain = statements(
  'create sequence audit_row_seq',
  `select setval('audit_row_seq', coalesce((select max(seq) from audit), 0) + 1, false)`,
  'alter table audit alter column seq drop identity',
  // Never used: the trigger takes the number. Without it an insert would have to name one.
  'alter table audit alter column seq set default 0',
  `create table audit_chain (
    position bigint primary key,
    audit_seq bigint not null unique references audit,
    hash bytea not null
  )`,
  'create table audit_pending (audit_seq bigint primary key)',
  'insert into audit_pending select seq from audit',
  `create trigger audit_chain_append_only before update or delete or truncate on audit_chain
    for each statement execute function sentinel_refuse_audit_change()`,
  'alter table audit_chain enable always trigger audit_chain_append_only',
  `create function sentinel_stamp_audit() returns trigger language plpgsql security definer
    set search_path from current as $$
  declare
    told json := convert_from(new.canonical, 'UTF8')::json;
  begin
    if new.actor is distinct from told ->> 'actor' or new.action is distinct from told ->> 'action'
      or new.subject is distinct from told ->> 'subject' or new.reason is distinct from told ->> 'reason'
      or new.plan_hash is distinct from told ->> 'planHash' then
      raise exception 'the columns of an audit entry say something else than its canonical text'
        using errcode = 'integrity_constraint_violation';
    end if;
    new.seq := nextval('audit_row_seq');
    new.at_ms := (extract(epoch from clock_timestamp()) * 1000)::bigint;
    new.digest := encode(sha256(new.canonical), 'hex');
    insert into audit_pending values (new.seq);
    return new;
  end $$`,
  `create trigger audit_stamp before insert on audit for each row execute function sentinel_stamp_audit()`,
  'alter table audit enable always trigger audit_stamp',
  `create function sentinel_seal_audit(most integer) returns integer language plpgsql security definer
    set search_path from current as $$
  declare
    at_position bigint;
    link bytea;
    row record;
    sealed integer := 0;
  begin
    -- One at a time; whoever comes second has nothing to do.
    if not pg_try_advisory_xact_lock(73058044020) then return 0; end if;
    select position, hash into at_position, link from audit_chain order by position desc limit 1;
    at_position := coalesce(at_position, 0);
    link := coalesce(link, '\\x'::bytea);
    for row in
      select a.seq, a.at_ms, a.canonical from audit_pending p join audit a on a.seq = p.audit_seq
      order by a.seq limit most
    loop
      at_position := at_position + 1;
      link := sha256(link || int8send(row.seq) || int8send(row.at_ms) || row.canonical);
      insert into audit_chain values (at_position, row.seq, link);
      delete from audit_pending where audit_seq = row.seq;
      sealed := sealed + 1;
    end loop;
    return sealed;
  end $$`,
);
