-- bad: such types, and what is made of them
create domain job as regproc;
create type task as (name text, done_by regprocedure);
create table jobs (
    id int primary key, "Does" regproc, all_of regprocedure[], checked job, kept task, config regconfig default 'english'
);
create table parted (id int, t regoper) partition by list (id);
create table parted_1 partition of parted for values in (1);
create materialized view kept as select 1 as id, 'now()'::regprocedure as f;
-- found V318 column public.jobs."Does": column `Does` of `public.jobs` is of type `regproc`, which pg_upgrade does not carry to the next major version of PostgreSQL
-- found V318 column public.jobs.all_of: column `all_of` of `public.jobs` is of type `regprocedure[]` with `regprocedure` in it, which pg_upgrade does not carry to the next major version of PostgreSQL
-- found V318 column public.jobs.checked: column `checked` of `public.jobs` is of type `public.job` with `regproc` in it, which pg_upgrade does not carry to the next major version of PostgreSQL
-- found V318 column public.jobs.config: column `config` of `public.jobs` is of type `regconfig`, which pg_upgrade does not carry to the next major version of PostgreSQL
-- found V318 column public.jobs.kept: column `kept` of `public.jobs` is of type `public.task` with `regprocedure` in it, which pg_upgrade does not carry to the next major version of PostgreSQL
-- found V318 column public.kept.f: column `f` of `public.kept` is of type `regprocedure`, which pg_upgrade does not carry to the next major version of PostgreSQL
-- found V318 column public.parted.t: column `t` of `public.parted` is of type `regoper`, which pg_upgrade does not carry to the next major version of PostgreSQL

-- good: those that it carries, text, and what stores nothing
create table t (id int primary key, c regclass, r regrole, y regtype, name text);
create view v with (security_invoker = true) as select 'now()'::regprocedure as f;
create table dropped (id int primary key, f regproc);
alter table dropped drop column f;
