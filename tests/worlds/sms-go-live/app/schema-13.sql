-- The database as the old release has it. Prices are in dollars, times are the server's.
create table schema_versions (version int primary key, applied_at timestamptz not null default now());
insert into schema_versions (version) values (13);
create table tenants (id text primary key, paused boolean not null default false, quiet_from time not null, quiet_to time not null);
insert into tenants values ('primary', false, '21:00', '09:00');
create table contacts (phone text primary key, name text not null, batch text not null);
create table dnc (phone text primary key, created_at timestamptz not null default now());
create table events (id serial primary key, kind text not null, phone text, body text, created_at timestamptz not null default now());
create table budgets (tenant text primary key, day_limit numeric not null, month_limit numeric not null, spent numeric not null default 0);
insert into budgets values ('primary', 10, 100);
