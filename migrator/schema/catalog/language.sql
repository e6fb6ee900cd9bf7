-- one row: an access method, or a language; of a language of the server or of an extension only who may use it, where that
-- is not what it was made with
-- if: exists (select from pg_language where oid >= 16384 or lanacl is not null)
-- if: exists (select from pg_am where oid >= 16384)
select
    o.kind,
    o.identity,
    jsonb_build_object(
        'type', case a.amtype when 'i' then 'index' when 't' then 'table' else a.amtype::text end,
        'handler', a.amhandler::regprocedure)
from compared_other o join pg_am a on a.oid = o.objid
where o.kind = 'access method'
union all
select
    'language',
    quote_ident(l.lanname),
    jsonb_strip_nulls(jsonb_build_object(
        'granted', p.granted,
        'revoked', p.revoked
    )) || case when o.objid is null then '{}' else jsonb_strip_nulls(jsonb_build_object(
        'handler', case when l.lanplcallfoid <> 0 then l.lanplcallfoid::regprocedure end,
        'inline', case when l.laninline <> 0 then l.laninline::regprocedure end,
        'validator', case when l.lanvalidator <> 0 then l.lanvalidator::regprocedure end,
        'trusted', case when l.lanpltrusted then true end,
        'owner', pg_get_userbyid(l.lanowner)
    )) end
from pg_language l
    left join compared_other o on o.kind = 'language' and o.objid = l.oid
    left join privilege p on p.classid = 'pg_catalog.pg_language'::regclass and p.objid = l.oid
where o.objid is not null or p.objid is not null
