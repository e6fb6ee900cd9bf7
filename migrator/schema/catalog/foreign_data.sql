-- one row: a foreign data wrapper, a server, or a user mapping; of the last, whose options hold passwords and which most
-- roles may not read, only that it is there
-- if: exists (select from pg_foreign_data_wrapper)
select
    o.kind,
    o.identity,
    jsonb_strip_nulls(jsonb_build_object(
        'handler', case when w.fdwhandler <> 0 then w.fdwhandler::regprocedure end,
        'validator', case when w.fdwvalidator <> 0 then w.fdwvalidator::regprocedure end,
        'options', (select jsonb_object_agg(s.name, s.value) from shown_option s
            where s.classid = o.classid and s.objid = o.objid),
        -- on the platform that is whoever had the rights to make it
        'owner', case when not exists (select from platform_role r where r.oid = w.fdwowner) then
            pg_get_userbyid(w.fdwowner) end,
        'granted', p.granted,
        'revoked', p.revoked
    ))
from compared_other o join pg_foreign_data_wrapper w on w.oid = o.objid
    left join privilege p on p.classid = o.classid and p.objid = o.objid
where o.kind = 'foreign data wrapper'
union all
select
    o.kind,
    o.identity,
    jsonb_strip_nulls(jsonb_build_object(
        'wrapper', quote_ident(w.fdwname),
        'type', s.srvtype,
        'version', s.srvversion,
        'options', (select jsonb_object_agg(h.name, h.value) from shown_option h
            where h.classid = o.classid and h.objid = o.objid),
        'owner', pg_get_userbyid(s.srvowner),
        'granted', p.granted,
        'revoked', p.revoked
    ))
from compared_other o join pg_foreign_server s on s.oid = o.objid
    join pg_foreign_data_wrapper w on w.oid = s.srvfdw
    left join privilege p on p.classid = o.classid and p.objid = o.objid
where o.kind = 'server'
union all
select
    'user mapping',
    o.identity || ' for ' || case m.umuser when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(m.umuser)) end,
    '{}'
from compared_other o join pg_user_mappings m on m.srvid = o.objid
where o.kind = 'server'
