-- one row: a collation, without the version of the library that it was made with
-- if: exists (select from pg_collation where oid >= 16384)
select
    o.kind,
    o.identity,
    jsonb_strip_nulls(jsonb_build_object(
        'provider', case c.collprovider when 'c' then 'libc' when 'i' then 'icu' when 'b' then 'builtin' end,
        -- an ICU locale has had three names
        'locale', coalesce(
            to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale',
            case when c.collprovider <> 'c' then c.collcollate::text end),
        'collate', case when c.collprovider = 'c' then c.collcollate end,
        'ctype', case when c.collprovider = 'c' then c.collctype end,
        'rules', to_jsonb(c) ->> 'collicurules',
        'deterministic', case when not c.collisdeterministic then false end,
        'encoding', case when c.collencoding not in (-1, pg_char_to_encoding(getdatabaseencoding())) then pg_encoding_to_char(c.collencoding) end,
        'owner', pg_get_userbyid(c.collowner)
    ))
from compared_other o join pg_collation c on c.oid = o.objid
where o.kind = 'collation'
