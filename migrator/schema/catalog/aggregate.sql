-- one row: an aggregate
-- if: exists (select from pg_aggregate where aggfnoid::oid >= 16384)
select
    'aggregate',
    p.oid::regprocedure::text,
    jsonb_strip_nulls(jsonb_build_object(
        'arguments', pg_get_function_arguments(p.oid),
        'form', case a.aggkind when 'o' then 'ordered set' when 'h' then 'hypothetical set' end,
        'direct arguments', nullif(a.aggnumdirectargs, 0),
        'transition', a.aggtransfn::regprocedure,
        'state', a.aggtranstype::regtype,
        'state size', nullif(a.aggtransspace, 0),
        'initial value', a.agginitval,
        'final', case when a.aggfinalfn <> 0 then a.aggfinalfn::regprocedure end,
        'final extra', case when a.aggfinalextra then true end,
        'final modifies', case a.aggfinalmodify when 's' then 'shareable' when 'w' then 'read write' else 'read only' end,
        'combine', case when a.aggcombinefn <> 0 then a.aggcombinefn::regprocedure end,
        'serialize', case when a.aggserialfn <> 0 then a.aggserialfn::regprocedure end,
        'deserialize', case when a.aggdeserialfn <> 0 then a.aggdeserialfn::regprocedure end,
        'moving transition', case when a.aggmtransfn <> 0 then a.aggmtransfn::regprocedure end,
        'moving inverse', case when a.aggminvtransfn <> 0 then a.aggminvtransfn::regprocedure end,
        'moving state', case when a.aggmtranstype <> 0 then a.aggmtranstype::regtype end,
        'moving state size', nullif(a.aggmtransspace, 0),
        'moving initial value', a.aggminitval,
        'moving final', case when a.aggmfinalfn <> 0 then a.aggmfinalfn::regprocedure end,
        'moving final extra', case when a.aggmfinalextra then true end,
        'moving final modifies', case when a.aggmtransfn <> 0 then
            case a.aggmfinalmodify when 's' then 'shareable' when 'w' then 'read write' else 'read only' end end,
        'sort operator', case when a.aggsortop <> 0 then a.aggsortop::regoperator end,
        'parallel', case p.proparallel when 's' then 'safe' when 'r' then 'restricted' end,
        'owner', pg_get_userbyid(p.proowner),
        'granted', g.granted,
        'revoked', g.revoked
    )) || jsonb_set('{}', '{result}', to_jsonb(pg_get_function_result(p.oid)))
from pg_aggregate a join pg_proc p on p.oid = a.aggfnoid join compared_schema s on s.oid = p.pronamespace
    left join privilege g on g.classid = 'pg_catalog.pg_proc'::regclass and g.objid = p.oid
where not s.managed
    and not exists (
        select from extension_member e where e.classid = 'pg_catalog.pg_proc'::regclass and e.objid = p.oid)
