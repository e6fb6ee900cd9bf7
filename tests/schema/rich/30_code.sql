-- routines, aggregates, triggers, rules, views, policies, sequences
create function app.touch() returns trigger language plpgsql as $$
begin
    -- a comment
    return new;
end
$$;
create function app.add(a integer, b integer default 1) returns integer language sql immutable parallel safe
    as 'select a + b';
create function app.add(a text) returns text language sql as 'select a';
create function app.many(variadic integer[], out x integer, out y text) returns setof record language sql rows 50 cost 7
    set search_path = app, pg_temp set work_mem = '5MB' as $$select 1, 'a'$$;
create function app.strong() returns void language sql security definer strict leakproof as 'select 1';
create function app.tabled(integer) returns table (id integer, name text) language sql stable as 'select 1, ''a''::text';
create procedure app.run(inout a integer) language plpgsql as 'begin a := a + 1; end';
revoke execute on function app.strong() from public;
grant execute on function app.add(integer, integer) to rich_reader;
create function app.keep(integer, integer) returns integer language sql immutable as 'select $1 + $2';
create aggregate app.total(integer) (sfunc = app.keep, stype = integer, initcond = '0', parallel = safe);
create aggregate app.moving(integer) (
    sfunc = int4pl, stype = integer, msfunc = int4pl, minvfunc = int4mi, mstype = integer, sspace = 16);
create aggregate app.first_of(order by anyelement) (sfunc = ordered_set_transition, stype = internal, finalfunc = mode_final,
    finalfunc_extra);
grant execute on function app.total(integer) to rich_reader;
-- since 140000
create function app.standard(a integer) returns integer language sql return a + (select count(*) from app.plain);
create function app.block() returns bigint language sql begin atomic select count(*) from app.orders; select 2; end;
create procedure app.set_out(a integer, out b integer) language sql begin atomic select a; end;
-- since 0

create trigger touched before update of name, email on app.users for each row
    when (old.name is distinct from new.name) execute function app.touch('an argument');
create trigger quiet after insert on app.users for each statement execute function app.touch();
alter table app.users disable trigger quiet;
create trigger loud after insert on app.users referencing new table as fresh for each statement
    execute function app.touch();
alter table app.users enable always trigger loud;
create constraint trigger checked after insert on app.orders deferrable initially deferred for each row
    execute function app.touch();
create trigger on_measures after insert on app.measures for each row execute function app.touch();
create table app.untriggered (a integer primary key, b integer references app.untriggered (a));
alter table app.untriggered disable trigger all;

create view app.seen as select id, name, upper(email) as email from app.users where age > 3;
alter view app.seen alter column name set default 'nobody';
create view app.guarded with (security_barrier = true) as select * from app.plain where a > 1 with cascaded check option;
create view app.over_seen as select count(*) as n from app.seen;
create recursive view app.numbers (n) as values (1) union all select n + 1 from numbers where n < 5;
create materialized view app.summary with (fillfactor = 80) as
    select user_id, sum(total) as total from app.orders group by user_id with no data;
create unique index summary_user on app.summary (user_id);
create rule no_delete as on delete to app.plain do instead nothing;
create rule log_plain as on insert to app.plain where new.a > 5 do also insert into app.parent_b values (new.a);
alter table app.plain disable rule log_plain;

create policy mine on app.locked_down for all to rich_reader, rich_writer using (owner = current_user);
create policy fresh on app.locked_down for insert with check (a > 0);
create policy several on app.locked_down for delete to rich_reader, "rich ""odd"" name", rich_writer using (true);
create policy narrow on app.locked_down as restrictive for select to public using (a < 100);

create sequence app.counter as integer increment by 2 minvalue 0 maxvalue 1000 start with 4 cache 5 cycle;
create sequence app.owned_later owned by app.plain.a;
create sequence app.free;
grant usage on sequence app.counter to rich_reader;
grant usage on schema app to rich_grantor;
grant select on app.users to rich_grantor with grant option;
grant usage on type app.mood to rich_grantor with grant option;
create statistics app.users_stats (dependencies, mcv) on name, email from app.users;
-- since 150000
create unlogged sequence app.forgetful;
create view app.invoker with (security_invoker = true) as select a from app.plain;
