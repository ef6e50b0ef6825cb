-- Phase 2: a call reserves credit when it starts, and settles when it ends.
begin;

create table credit_reservations (
  id uuid primary key default gen_random_uuid(),
  org_id uuid not null references organizations,
  call_id text not null,
  vapi_call_id text,
  reserved_pence integer not null,
  committed_pence integer not null default 0,
  released_pence integer not null default 0,
  status text not null default 'active' check (status in ('active', 'committed', 'expired')),
  expires_at timestamptz not null default now() + interval '30 minutes',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint credit_res_call_unique unique (call_id)
);
create index idx_credit_res_org_status on credit_reservations (org_id, status);
create index idx_credit_res_expires on credit_reservations (expires_at);

alter table credit_transactions drop constraint credit_transactions_type_check;
alter table credit_transactions add constraint credit_transactions_type_check check (type in (
  'top_up', 'call', 'refund',
  'asset_phone_number', 'asset_toll_free_number', 'asset_sms_pack', 'asset_voice_clone', 'asset_seat',
  'asset_recording', 'asset_transcript', 'asset_assistant', 'asset_knowledge_base',
  'reservation_commit', 'reservation_release'));

create function reserve_call_credits(p_org_id uuid, p_call_id text, p_vapi_call_id text, p_estimated_minutes integer)
returns jsonb language plpgsql as $body$
declare
  org organizations;
  held integer;
  cost integer;
begin
  select * into org from organizations where id = p_org_id for update;
  if not found then
    return jsonb_build_object('success', false, 'error', 'no such organisation');
  end if;
  -- The same call may ask again and hears the same.
  if exists (select from credit_reservations where call_id = p_call_id) then
    return jsonb_build_object('success', true, 'duplicate', true);
  end if;
  select coalesce(sum(reserved_pence), 0) into held from credit_reservations where org_id = p_org_id and status = 'active';
  cost := org.rate_pence_per_minute * p_estimated_minutes;
  if org.wallet_balance_pence - held + org.debt_limit_pence < cost then
    return jsonb_build_object('success', false, 'error', 'Insufficient balance', 'effective', org.wallet_balance_pence - held);
  end if;
  insert into credit_reservations (org_id, call_id, vapi_call_id, reserved_pence)
    values (p_org_id, p_call_id, p_vapi_call_id, cost);
  return jsonb_build_object('success', true, 'duplicate', false, 'reserved', cost);
end
$body$;

create function commit_reserved_credits(p_call_id text, p_actual_duration_seconds integer)
returns jsonb language plpgsql as $body$
declare
  held credit_reservations;
  rate integer;
  cost integer;
begin
  -- The purse first and the reservation second, as everywhere: two calls never wait for each other in a circle.
  select o.rate_pence_per_minute into rate from organizations o
    join credit_reservations r on r.org_id = o.id where r.call_id = p_call_id for update of o;
  if not found then
    return jsonb_build_object('success', false, 'error', 'no such reservation');
  end if;
  select * into held from credit_reservations where call_id = p_call_id for update;
  if held.status <> 'active' then
    return jsonb_build_object('success', held.status = 'committed', 'duplicate', true, 'charged', held.committed_pence);
  end if;
  cost := ceil(rate * p_actual_duration_seconds / 60.0);
  update organizations set wallet_balance_pence = wallet_balance_pence - cost where id = held.org_id;
  insert into credit_transactions (org_id, amount_pence, type, description, idempotency_key)
    values (held.org_id, -cost, 'reservation_commit', 'call ' || p_call_id, 'commit-' || p_call_id);
  update credit_reservations set status = 'committed', committed_pence = cost,
    released_pence = reserved_pence - least(cost, reserved_pence), updated_at = now() where id = held.id;
  return jsonb_build_object('success', true, 'duplicate', false, 'charged', cost,
    'released', held.reserved_pence - least(cost, held.reserved_pence));
end
$body$;

create function cleanup_expired_reservations() returns integer language sql as $body$
  with overdue as (
    update credit_reservations set status = 'expired', released_pence = reserved_pence, updated_at = now()
    where status = 'active' and expires_at < now() returning 1
  )
  select count(*)::integer from overdue;
$body$;

commit;
