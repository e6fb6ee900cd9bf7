-- one row: a configuration, dictionary, parser or template of text search
-- if: exists (select from pg_ts_config where oid >= 16384)
-- if: exists (select from pg_ts_dict where oid >= 16384)
-- if: exists (select from pg_ts_parser where oid >= 16384)
-- if: exists (select from pg_ts_template where oid >= 16384)
select
    o.kind,
    o.identity,
    jsonb_strip_nulls(jsonb_build_object(
        'parser', quote_ident(n.nspname) || '.' || quote_ident(p.prsname),
        'mappings', (
            select jsonb_object_agg(token, dictionaries) from (
                select t.alias, jsonb_agg(m.mapdict::regdictionary order by m.mapseqno)
                from pg_ts_config_map m join ts_token_type(c.cfgparser) t on t.tokid = m.maptokentype
                where m.mapcfg = c.oid
                group by t.alias
            ) mapping (token, dictionaries)),
        'owner', pg_get_userbyid(c.cfgowner)
    ))
from compared_other o join pg_ts_config c on c.oid = o.objid
    join pg_ts_parser p on p.oid = c.cfgparser join pg_namespace n on n.oid = p.prsnamespace
where o.kind = 'text search configuration'
union all
select
    o.kind,
    o.identity,
    jsonb_strip_nulls(jsonb_build_object(
        'template', quote_ident(n.nspname) || '.' || quote_ident(t.tmplname),
        'options', d.dictinitoption,
        'owner', pg_get_userbyid(d.dictowner)
    ))
from compared_other o join pg_ts_dict d on d.oid = o.objid
    join pg_ts_template t on t.oid = d.dicttemplate join pg_namespace n on n.oid = t.tmplnamespace
where o.kind = 'text search dictionary'
union all
select
    o.kind,
    o.identity,
    jsonb_strip_nulls(jsonb_build_object(
        'start', p.prsstart::regprocedure,
        'token', p.prstoken::regprocedure,
        'end', p.prsend::regprocedure,
        'headline', case when p.prsheadline <> 0 then p.prsheadline::regprocedure end,
        'token types', p.prslextype::regprocedure
    ))
from compared_other o join pg_ts_parser p on p.oid = o.objid
where o.kind = 'text search parser'
union all
select
    o.kind,
    o.identity,
    jsonb_strip_nulls(jsonb_build_object(
        'initialisation', case when t.tmplinit <> 0 then t.tmplinit::regprocedure end,
        'lexize', t.tmpllexize::regprocedure
    ))
from compared_other o join pg_ts_template t on t.oid = o.objid
where o.kind = 'text search template'
