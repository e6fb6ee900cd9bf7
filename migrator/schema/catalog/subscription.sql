-- one row: a subscription without its connection, which holds a password, and without whether it runs; column by column,
-- since that of the connection is for superusers
-- if: exists (select from pg_subscription
--    where subdbid = (select oid from pg_database where datname = current_database()))
select
    o.kind,
    o.identity,
    jsonb_strip_nulls(jsonb_build_object(
        'publications', (select jsonb_agg(name order by name collate "C") from unnest(s.subpublications) name),
        'slot', coalesce(nullif(s.subslotname, s.subname), case when s.subslotname is null then '(none)' end),
        'synchronous commit', nullif(s.subsynccommit, 'off'),
        'binary', case when s.subbinary then true end,
        'streaming', nullif(
            case s.substream::text when 'true' then 'on' when 't' then 'on' when 'p' then 'parallel' else 'off' end,
            case when current_setting('server_version_num')::integer < 180000 then 'off' else 'parallel' end),
        -- pending becomes enabled by itself
        'two phase', case when n.two_phase <> 'd' then true end,
        'disable on error', case when n.disable_on_error then true end,
        'password required', case when not n.password_required then false end,
        'run as owner', case when n.run_as_owner then true end,
        'origin', nullif(n.origin, 'any'),
        'failover', case when n.failover then true end,
        'owner', pg_get_userbyid(s.subowner)
    ))
from compared_other o join pg_subscription s on s.oid = o.objid
    -- an older server lacks these: a name that is in no table of the inner query is looked up here
    cross join (
        select 'd'::"char" as subtwophasestate, false as subdisableonerr, true as subpasswordrequired,
            false as subrunasowner, 'any' as suborigin, false as subfailover
    ) lacking
    cross join lateral (
        select subtwophasestate as two_phase, subdisableonerr as disable_on_error,
            subpasswordrequired as password_required, subrunasowner as run_as_owner, suborigin as origin,
            subfailover as failover
        from pg_subscription inner_one where inner_one.oid = o.objid
    ) n
where o.kind = 'subscription'
