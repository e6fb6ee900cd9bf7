-- one row: extended statistics; what they have found is data
-- if: exists (select from pg_statistic_ext)
select
    o.kind,
    o.identity,
    jsonb_set(
        jsonb_strip_nulls(jsonb_build_object(
            'target', nullif(s.stxstattarget, -1),
            'owner', pg_get_userbyid(s.stxowner)
        )),
        '{definition}', to_jsonb(pg_get_statisticsobjdef(s.oid)))
from compared_other o join pg_statistic_ext s on s.oid = o.objid
where o.kind = 'statistics'
