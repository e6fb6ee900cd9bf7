-- one row: an event trigger
-- if: exists (select from pg_event_trigger)
select
    o.kind,
    o.identity,
    jsonb_strip_nulls(jsonb_build_object(
        'event', t.evtevent,
        'tags', (select jsonb_agg(tag order by tag collate "C") from unnest(t.evttags) tag),
        'function', t.evtfoid::regprocedure,
        'fires', case t.evtenabled when 'D' then 'never: disabled' when 'R' then 'on a replica' when 'A' then 'always' end,
        'owner', pg_get_userbyid(t.evtowner)
    ))
from compared_other o join pg_event_trigger t on t.oid = o.objid
where o.kind = 'event trigger'
