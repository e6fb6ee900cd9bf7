-- Stands for pg_cron, https://github.com/citusdata/pg_cron.
-- Real: cron.job and cron.job_run_details, and schedule, schedule_in_database, alter_job and unschedule, which write
-- cron.job: a job is unique by its name and user, belongs to who makes it and is seen by that role alone. The text of the
-- schedule is checked as far as its shape goes.
-- Different: no job is ever run.
\echo Use "create extension" to load this file. \quit

create schema cron;

create sequence cron.jobid_seq;
create table cron.job (
  jobid bigint primary key default nextval('cron.jobid_seq'),
  schedule text not null,
  command text not null,
  nodename text not null default 'localhost',
  nodeport int not null default 5432,
  database text not null default current_database(),
  username text not null default current_user,
  active boolean not null default true,
  jobname text,
  constraint jobname_username_uniq unique (jobname, username)
);
alter table cron.job enable row level security;
create policy cron_job_policy on cron.job using (username = current_user);

create sequence cron.runid_seq;
create table cron.job_run_details (
  jobid bigint,
  runid bigint primary key default nextval('cron.runid_seq'),
  job_pid int,
  database text,
  username text,
  command text,
  status text,
  return_message text,
  start_time timestamptz,
  end_time timestamptz
);
alter table cron.job_run_details enable row level security;
create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);

-- five fields (or @hourly and the like, or seconds), as cron reads them; whether 31 is a day of the month it does not ask
create function cron.stand_in_checked(schedule text) returns text language plpgsql immutable strict as $$
declare
  -- a star, a number or a name, a range; a step behind it; several of them
  field constant text := '(\*|[0-9a-z]+(-[0-9a-z]+)?)(/[0-9]+)?(,(\*|[0-9a-z]+(-[0-9a-z]+)?)(/[0-9]+)?)*';
begin
  if schedule ~* format('^\s*%s(\s+%s){3}\s+(%s|\$)\s*$', field, field, field)
    or schedule ~* '^\s*@(reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)\s*$'
    or schedule ~* '^\s*([1-9]|[1-5][0-9])\s+seconds?\s*$'
  then
    return schedule;
  end if;
  raise invalid_parameter_value using
    message = format('invalid schedule: %s', schedule),
    hint = 'Use cron format (e.g. 5 4 * * *), or interval format ''[1-59] seconds''';
end $$;

-- `session_user` would be the one who logs in; the job belongs to the role that is set, as with the real one
create function cron.stand_in_schedule(
  job_name text, schedule text, command text, database text, username text, active boolean
) returns bigint language sql security definer set search_path = pg_catalog as $$
  insert into cron.job (jobname, schedule, command, database, username, active)
  values (job_name, cron.stand_in_checked(schedule), command, database, username, active)
  on conflict on constraint jobname_username_uniq do update
  set schedule = excluded.schedule, command = excluded.command, database = excluded.database, active = excluded.active
  returning jobid
$$;

create function cron.schedule(schedule text, command text) returns bigint language sql
begin atomic
  select cron.stand_in_schedule(null, schedule, command, current_database(), current_user, true);
end;

create function cron.schedule(job_name text, schedule text, command text) returns bigint language sql
begin atomic
  select cron.stand_in_schedule(job_name, schedule, command, current_database(), current_user, true);
end;

create function cron.schedule_in_database(
  job_name text, schedule text, command text, database text, username text default null, active boolean default true
) returns bigint language sql
begin atomic
  select cron.stand_in_schedule(job_name, schedule, command, database, coalesce(username, current_user), active);
end;

create function cron.stand_in_alter(
  job bigint, owner text, schedule text, command text, database text, username text, active boolean
) returns void language plpgsql security definer set search_path = pg_catalog as $$
begin
  update cron.job as j
  set schedule = coalesce(cron.stand_in_checked(stand_in_alter.schedule), j.schedule),
    command = coalesce(stand_in_alter.command, j.command),
    database = coalesce(stand_in_alter.database, j.database),
    username = coalesce(stand_in_alter.username, j.username),
    active = coalesce(stand_in_alter.active, j.active)
  where j.jobid = job and j.username = owner;
  if not found then
    raise exception 'Job % does not exist or you don''t own it', job using errcode = '42501';
  end if;
end $$;

create function cron.alter_job(
  job_id bigint, schedule text default null, command text default null, database text default null,
  username text default null, active boolean default null
) returns void language sql
begin atomic
  select cron.stand_in_alter(job_id, current_user, schedule, command, database, username, active);
end;

create function cron.stand_in_unschedule(job bigint, name text, owner text) returns bool
language plpgsql security definer set search_path = pg_catalog as $$
begin
  delete from cron.job as j where (j.jobid = job or j.jobname = name) and j.username = owner;
  if not found then
    raise exception 'could not find valid entry for job ''%''', coalesce(name, job::text) using errcode = 'XX000';
  end if;
  return true;
end $$;

create function cron.unschedule(job_id bigint) returns bool language sql
begin atomic
  select cron.stand_in_unschedule(job_id, null, current_user);
end;

create function cron.unschedule(job_name text) returns bool language sql
begin atomic
  select cron.stand_in_unschedule(null, job_name, current_user);
end;

create function cron.job_cache_invalidate() returns trigger language plpgsql as 'begin return null; end';

-- as on Supabase: who made the extension may use it and hand that on; the table of jobs is read only
grant usage on schema cron to @extowner@ with grant option;
grant all on all functions in schema cron to @extowner@ with grant option;
grant select on cron.job to @extowner@ with grant option;
grant all on cron.job_run_details to @extowner@ with grant option;
grant all on all sequences in schema cron to @extowner@ with grant option;

-- Supabase installs it into pg_catalog whatever schema the statement names (supautils.extensions_parameter_overrides), and
-- many migrations name another one
update pg_catalog.pg_extension set extnamespace = 'pg_catalog'::regnamespace where extname = 'pg_cron';
delete from pg_catalog.pg_depend as d using pg_catalog.pg_extension e
where e.extname = 'pg_cron' and d.classid = 'pg_extension'::regclass and d.objid = e.oid
  and d.refclassid = 'pg_namespace'::regclass;
