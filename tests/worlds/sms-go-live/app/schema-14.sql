-- What the new release adds. A job's status follows from its times, so that it moves while one looks.
begin;
create table templates (name text primary key, body text not null);
create table admins (email text primary key);
create table sending_numbers (phone text primary key, active boolean not null default false);
create table campaigns (name text primary key, template text not null, batch text not null, status text not null default 'draft', blocked_by text);
create table job_log (id serial primary key, campaign text not null references campaigns (name), phone text not null, body text not null,
  code text not null unique, delayed_until timestamptz, sent_at timestamptz, delivered_at timestamptz, failed boolean not null default false);
create view jobs as select id, campaign, phone, body, code, sent_at, delivered_at,
  case when delayed_until > now() then 'delayed' when failed then 'failed' when delivered_at <= now() then 'delivered'
       when sent_at <= now() then 'sent' else 'queued' end as status from job_log;
create table clicks (code text not null, human boolean not null default true, created_at timestamptz not null default now());
insert into schema_versions (version) values (14);
commit;
