-- one row: a class of objects that nobody compares, with how many of them there are
-- if: exists (select from pg_largeobject_metadata)
-- if: exists (select from pg_class where oid >= 16384
--    and relkind not in ('r', 'p', 'v', 'm', 'f', 'c', 'S', 'i', 'I', 't'))
-- if: exists (select from pg_type where oid >= 16384 and typtype not in ('e', 'd', 'r', 'm', 'b', 'p', 'c'))
-- if: exists (select from pg_class where oid >= 16384 and relnamespace = 'pg_catalog'::regnamespace)
-- if: exists (select from pg_proc where oid >= 16384 and pronamespace = 'pg_catalog'::regnamespace)
-- if: exists (select from pg_operator where oid >= 16384 and oprnamespace = 'pg_catalog'::regnamespace)
-- if: exists (select from pg_description where objoid >= 16384)
select 'unmodelled', kind, jsonb_build_object('count', count(*))
from (
    select 'large object' from pg_largeobject_metadata
    union all
    select 'relation of kind `' || c.relkind::text || '`'
    from pg_class c join compared_schema s on s.oid = c.relnamespace
    where c.relkind not in ('r', 'p', 'v', 'm', 'f', 'c', 'S', 'i', 'I', 't') and not s.managed
    union all
    select 'type of kind `' || t.typtype::text || '`'
    from pg_type t join compared_schema s on s.oid = t.typnamespace
    where t.typtype not in ('e', 'd', 'r', 'm', 'b', 'p', 'c') and not s.managed
    union all
    -- made among what is the server's, where every user finds it first
    select 'object in `pg_catalog`'
    from (
        select 'pg_catalog.pg_class'::regclass, oid from pg_class where relnamespace = 'pg_catalog'::regnamespace
        union all
        select 'pg_catalog.pg_proc'::regclass, oid from pg_proc where pronamespace = 'pg_catalog'::regnamespace
        union all
        select 'pg_catalog.pg_operator'::regclass, oid from pg_operator where oprnamespace = 'pg_catalog'::regnamespace
    ) o (classid, objid)
    where o.objid >= 16384
        and not exists (select from extension_member e where e.classid = o.classid and e.objid = o.objid)
    union all
    -- objects of a newer server, which those of another class are told of by a comment alone
    select 'object of `' || c.relname || '`'
    from pg_description d join pg_class c on c.oid = d.classoid
    where d.objoid >= 16384 and c.relname <> all ('{
        pg_am, pg_cast, pg_class, pg_collation, pg_constraint, pg_conversion, pg_event_trigger, pg_extension,
        pg_foreign_data_wrapper, pg_foreign_server, pg_language, pg_largeobject, pg_namespace, pg_opclass, pg_operator,
        pg_opfamily, pg_policy, pg_proc, pg_publication, pg_rewrite, pg_statistic_ext, pg_subscription, pg_transform,
        pg_trigger, pg_ts_config, pg_ts_dict, pg_ts_parser, pg_ts_template, pg_type}')
) found (kind)
group by kind
