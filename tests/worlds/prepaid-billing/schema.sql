-- What the product's database looked like before it was prepaid.
create extension if not exists pgcrypto;
create table organizations (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  wallet_balance_pence integer not null default 0,
  debt_limit_pence integer not null default 0,
  rate_pence_per_minute integer not null default 70
);
create table credit_transactions (
  id bigserial primary key,
  org_id uuid not null references organizations,
  amount_pence integer not null,
  type text not null constraint credit_transactions_type_check check (type in ('top_up', 'call', 'refund')),
  description text,
  created_at timestamptz not null default now()
);
create table feature_flags (key text primary key, enabled boolean not null default false);
create table webhook_delivery_log (
  id bigserial primary key,
  url text not null,
  status text not null,
  created_at timestamptz not null default now()
);
insert into feature_flags values ('prepaid_billing', false), ('managed_telephony', true);
insert into organizations (id, name, wallet_balance_pence) values
  ('11111111-1111-4111-8111-111111111111', 'our own', 100000),
  (gen_random_uuid(), 'A customer', 5000),
  (gen_random_uuid(), 'Another customer', 120);
insert into credit_transactions (org_id, amount_pence, type, description)
  select id, wallet_balance_pence, 'top_up', 'paid in' from organizations;
insert into webhook_delivery_log (url, status) values ('/hooks/calls', 'delivered');
