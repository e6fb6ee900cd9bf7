-- of each class of objects
-- changed comment schema noted
-- changed comment column noted.one.name
-- changed comment column noted.pair.a
-- changed comment column noted.seen.id
-- changed comment constraint noted.one.above_zero
-- changed comment constraint noted.label.not_empty
-- changed comment index noted.one_name
-- changed comment trigger noted.one.touched
-- changed comment rule noted.one.no_delete
-- changed comment policy noted.one.mine
-- changed comment view noted.seen
-- changed comment materialized view noted.summary
-- changed comment foreign table noted.far
-- changed comment sequence noted.counter
-- changed comment type noted.mood
-- changed comment composite type noted.pair
-- changed comment type noted.label
-- changed comment function noted.one_of(integer)
-- changed comment procedure noted.run(integer)
-- changed comment aggregate noted.total(integer)
-- changed comment database current
-- changed comment event trigger rich_trigger
-- changed comment publication rich_some
-- changed comment subscription rich_sub
-- changed comment foreign data wrapper rich_wrapper
-- changed comment server rich_server
-- changed comment text search configuration app.searching
-- changed comment text search dictionary app.words
-- changed comment text search parser app.parser
-- changed comment text search template app.template
-- changed comment operator app.===(app.pair,app.pair)
-- changed comment operator class app.pair_ops using btree
-- changed comment operator family app.pairs using btree
-- changed comment cast app.pair as integer
-- changed comment conversion app.converting
-- changed comment transform app.pair language sql
-- changed comment access method rich_method
-- changed comment language rich_language
-- changed comment collation app.loose
-- changed comment statistics app.users_stats
comment on schema noted is 'changed';
comment on column noted.one.name is 'changed';
comment on column noted.pair.a is 'changed';
comment on column noted.seen.id is 'changed';
comment on constraint above_zero on noted.one is 'changed';
comment on constraint not_empty on domain noted.label is 'changed';
comment on index noted.one_name is 'changed';
comment on trigger touched on noted.one is 'changed';
comment on rule no_delete on noted.one is 'changed';
comment on policy mine on noted.one is 'changed';
comment on view noted.seen is 'changed';
comment on materialized view noted.summary is 'changed';
comment on foreign table noted.far is 'changed';
comment on sequence noted.counter is 'changed';
comment on type noted.mood is 'changed';
comment on type noted.pair is 'changed';
comment on domain noted.label is 'changed';
comment on function noted.one_of(integer) is 'changed';
comment on procedure noted.run(integer) is 'changed';
comment on aggregate noted.total(integer) is 'changed';
do $$ begin execute format('comment on database %I is ''changed''', current_database()); end $$;
comment on event trigger rich_trigger is 'changed';
comment on publication rich_some is 'changed';
comment on subscription rich_sub is 'changed';
comment on foreign data wrapper rich_wrapper is 'changed';
comment on server rich_server is 'changed';
comment on text search configuration app.searching is 'changed';
comment on text search dictionary app.words is 'changed';
comment on text search parser app.parser is 'changed';
comment on text search template app.template is 'changed';
comment on operator app.===(app.pair, app.pair) is 'changed';
comment on operator class app.pair_ops using btree is 'changed';
comment on operator family app.pairs using btree is 'changed';
comment on cast (app.pair as integer) is 'changed';
comment on conversion app.converting is 'changed';
comment on transform for app.pair language sql is 'changed';
comment on access method rich_method is 'changed';
comment on language rich_language is 'changed';
comment on collation app.loose is 'changed';
comment on statistics app.users_stats is 'changed'

-- extra comment schema public
comment on schema public is 'ours'

-- changed comment table noted.one
comment on table noted.one is 'changed'

-- missing comment table noted.one
comment on table noted.one is null

-- extra comment table app.plain
comment on table app.plain is 'new'

-- extra comment column noted.one.id
comment on column noted.one.id is 'new'

-- a security label, as a provider that this server has not loaded would have written it
-- extra security label table noted.one
insert into pg_seclabel values ('noted.one'::regclass, 'pg_class'::regclass, 0, 'provider', 'secret')

-- extra security label column noted.one.name
insert into pg_seclabel values ('noted.one'::regclass, 'pg_class'::regclass, 2, 'provider', 'secret')

-- extra security label database current
insert into pg_shseclabel
select oid, 'pg_database'::regclass, 'provider', 'secret' from pg_database where datname = current_database()
