-- one row: a sequence, but for those of identity columns, which belong to their column; how far it has come is data
select 'sequence', s.identity, s.attributes || jsonb_strip_nulls(jsonb_build_object(
    'owner', pg_get_userbyid(s.relowner),
    'owned by', c.identity || '.' || quote_ident(a.attname)))
from found_sequence s
    left join compared_relation c on c.oid = s.owner
    left join pg_attribute a on a.attrelid = s.owner and a.attnum = s.owner_column
where not s.internal
    -- it goes with its table
    and (s.owner is null or not c.managed)
