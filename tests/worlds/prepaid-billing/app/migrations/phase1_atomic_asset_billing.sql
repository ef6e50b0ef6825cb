-- Phase 1: an asset is charged in one step, once, and never on credit.
begin;

alter table credit_transactions add column idempotency_key text;
create unique index idx_credit_txn_idempotency on credit_transactions (org_id, idempotency_key)
  where idempotency_key is not null;

alter table credit_transactions drop constraint credit_transactions_type_check;
alter table credit_transactions add constraint credit_transactions_type_check check (type in (
  'top_up', 'call', 'refund',
  'asset_phone_number', 'asset_toll_free_number', 'asset_sms_pack', 'asset_voice_clone', 'asset_seat',
  'asset_recording', 'asset_transcript', 'asset_assistant', 'asset_knowledge_base'));

create function check_balance_and_deduct_asset_cost(
  p_org_id uuid, p_cost_pence integer, p_asset_type text, p_description text, p_idempotency_key text
) returns jsonb language plpgsql as $body$
declare
  purse integer;
begin
  -- Whoever comes second waits here, and then sees what the first has left.
  select wallet_balance_pence into purse from organizations where id = p_org_id for update;
  if not found then
    return jsonb_build_object('success', false, 'error', 'no such organisation');
  end if;
  if exists (select from credit_transactions where org_id = p_org_id and idempotency_key = p_idempotency_key) then
    return jsonb_build_object('success', true, 'duplicate', true, 'balance', purse);
  end if;
  if purse < p_cost_pence then
    return jsonb_build_object('success', false, 'error', 'Insufficient balance', 'balance', purse);
  end if;
  update organizations set wallet_balance_pence = purse - p_cost_pence where id = p_org_id;
  insert into credit_transactions (org_id, amount_pence, type, description, idempotency_key)
    values (p_org_id, -p_cost_pence, p_asset_type, p_description, p_idempotency_key);
  return jsonb_build_object('success', true, 'duplicate', false, 'balance', purse - p_cost_pence);
end
$body$;

commit;
