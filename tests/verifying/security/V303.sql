-- bad: granted, and closed by row level security
create table "Forgotten" (id int primary key);
alter table "Forgotten" enable row level security;
grant select, insert on "Forgotten" to anon, authenticated;
create table parted (id int) partition by list (id);
alter table parted enable row level security;
grant select on parted to public;
-- found V303 table public."Forgotten": `public."Forgotten"` has row level security and no policy: `anon` and `authenticated` may select, insert, but see and change no row
-- found V303 table public.parted: `public.parted` has row level security and no policy: `anon` and `authenticated` may select, but see and change no row

-- good: nothing is granted
create table closed (id int primary key);
alter table closed enable row level security;
grant all on closed to service_role;

-- good: a partition, which is asked through the whole table
create table logs (day date not null, of_user uuid) partition by range (day);
create table logs_2026 partition of logs for values from ('2026-01-01') to ('2027-01-01');
alter table logs enable row level security;
alter table logs_2026 enable row level security;
create policy own on logs using (of_user = (select auth.uid()));
grant all on logs, logs_2026 to authenticated;

-- good: there is a policy, and be it for the server alone
create table jobs (id int primary key);
alter table jobs enable row level security;
create policy server on jobs to service_role using (true);
grant select on jobs to authenticated, service_role;
