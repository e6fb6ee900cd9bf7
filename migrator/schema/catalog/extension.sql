-- one row: an extension, which stands for all that it made; or its version, which may be another one on another server,
-- with its comment, which comes with the version. On the platform versions and owners are the platform's
select
    'extension',
    e.name,
    jsonb_strip_nulls(jsonb_build_object('schema', e.schema, 'owner', case when not :supabase then e.owner end))
from compared_extension e
union all
select
    'extension version',
    e.name,
    jsonb_strip_nulls(jsonb_build_object(
        'version', e.extversion, 'comment', obj_description(e.oid, 'pg_extension')))
from compared_extension e
where not :supabase
