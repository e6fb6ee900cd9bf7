-- one row: a cast, a conversion of encodings, or a transform
-- if: exists (select from pg_cast where oid >= 16384)
-- if: exists (select from pg_conversion where oid >= 16384)
-- if: exists (select from pg_transform)
select
    o.kind,
    o.identity,
    jsonb_strip_nulls(jsonb_build_object(
        'function', case when c.castfunc <> 0 then c.castfunc::regprocedure end,
        'method', case c.castmethod when 'b' then 'binary' when 'i' then 'inout' end,
        'context', case c.castcontext when 'i' then 'implicit' when 'a' then 'assignment' end
    ))
from compared_other o join pg_cast c on c.oid = o.objid
where o.kind = 'cast'
union all
select
    o.kind,
    o.identity,
    jsonb_strip_nulls(jsonb_build_object(
        'from', pg_encoding_to_char(c.conforencoding),
        'to', pg_encoding_to_char(c.contoencoding),
        'function', c.conproc::regprocedure,
        'default', case when c.condefault then true end,
        'owner', pg_get_userbyid(c.conowner)
    ))
from compared_other o join pg_conversion c on c.oid = o.objid
where o.kind = 'conversion'
union all
select
    o.kind,
    o.identity,
    jsonb_strip_nulls(jsonb_build_object(
        'from sql', case when t.trffromsql <> 0 then t.trffromsql::regprocedure end,
        'to sql', case when t.trftosql <> 0 then t.trftosql::regprocedure end
    ))
from compared_other o join pg_transform t on t.oid = o.objid
where o.kind = 'transform'
