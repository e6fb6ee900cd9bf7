-- extra view app.new_one
-- extra column app.new_one.a
create view app.new_one as select 1 as a

-- missing view app.guarded
-- missing column app.guarded.a
-- missing column app.guarded.b
-- missing column app.guarded.c
drop view app.guarded

-- changed view app.seen
create or replace view app.seen as select id, name, upper(email) as email from app.users where age > 4

-- changed view app.over_seen
create or replace view app.over_seen as select count(id) as n from app.seen

-- changed view app.seen
-- extra column app.seen.age
create or replace view app.seen as select id, name, upper(email) as email, age from app.users where age > 3

-- changed view app.guarded
alter view app.guarded set (security_barrier = false)

-- changed view app.guarded
alter view app.guarded reset (check_option)

-- changed view app.guarded
alter view app.guarded set (check_option = local)

-- since 150000
-- changed view app.invoker
alter view app.invoker reset (security_invoker)

-- changed view app.seen
alter view app.seen owner to rich_owner

-- changed view app.seen
grant select on app.seen to rich_reader

-- missing materialized view app.summary
-- missing column app.summary.user_id
-- missing column app.summary.total
-- missing index app.summary_user
drop materialized view app.summary

-- changed materialized view app.summary
alter materialized view app.summary set (fillfactor = 50)

-- changed materialized view app.summary
alter materialized view app.summary owner to rich_owner

-- changed materialized view app.summary
drop materialized view app.summary;
create materialized view app.summary with (fillfactor = 80) as
    select user_id, sum(total) as total from app.orders where total > 1 group by user_id with no data;
create unique index summary_user on app.summary (user_id)

-- missing rule app.plain.no_delete
drop rule no_delete on app.plain

-- changed rule app.plain.no_delete
create or replace rule no_delete as on delete to app.plain do instead select 1

-- changed rule app.plain.no_delete
alter table app.plain disable rule no_delete

-- changed rule app.plain.log_plain
alter table app.plain enable rule log_plain

-- changed rule app.plain.no_delete
alter table app.plain enable always rule no_delete

-- extra rule app.plain.new_one
create rule new_one as on update to app.plain do instead nothing
