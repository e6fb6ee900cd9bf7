-- Stands for pg_jsonschema, https://github.com/supabase/pg_jsonschema, because its functions stand in CHECK constraints.
-- Real: the keywords of JSON Schema that are read below. Descriptions and `format` check nothing, as there.
-- Raises: every other keyword of a schema, when a value is checked, and jsonschema_validation_errors: a check that is
-- left out would let a wrong row in.
\echo Use "create extension" to load this file. \quit

create function @extschema@.stand_in_valid(s jsonb, v jsonb, root jsonb) returns bool
language plpgsql immutable set search_path = pg_catalog as $$
declare
  kind constant text := jsonb_typeof(v);
  size constant int := case kind when 'array' then jsonb_array_length(v) when 'string' then length(v #>> '{}')
    when 'object' then (select count(*) from jsonb_object_keys(v)) end;
  number constant numeric := case when kind = 'number' then (v #>> '{}')::numeric end;
  properties constant jsonb := coalesce(s->'properties', '{}');
  patterns constant jsonb := coalesce(s->'patternProperties', '{}');
  keyword text;
  want jsonb;
  ok bool;
begin
  if jsonb_typeof(s) = 'boolean' then
    return s::bool;
  elsif jsonb_typeof(s) is distinct from 'object' then
    raise invalid_parameter_value using message = 'a JSON schema is an object or a boolean';
  end if;
  for keyword, want in select * from jsonb_each(s) loop
    ok := case
      when keyword in ('$schema', '$id', '$comment', '$defs', 'definitions', 'title', 'description', 'default',
        'examples', 'deprecated', 'readOnly', 'writeOnly', 'format', 'contentMediaType', 'contentEncoding') then true
      when keyword = '$ref' then want #>> '{}' ~ '^#' and @extschema@.stand_in_valid(
        @extschema@.stand_in_at(root, want #>> '{}'), v, root)
      when keyword = 'type' then exists (
        select from jsonb_array_elements_text(case jsonb_typeof(want) when 'array' then want else jsonb_build_array(want) end) t
        where t = kind or (t = 'integer' and number = trunc(number)))
      when keyword = 'enum' then exists (select from jsonb_array_elements(want) e where e = v)
      when keyword = 'const' then want = v
      when keyword = 'allOf' then not exists (
        select from jsonb_array_elements(want) e where not @extschema@.stand_in_valid(e, v, root))
      when keyword = 'anyOf' then exists (
        select from jsonb_array_elements(want) e where @extschema@.stand_in_valid(e, v, root))
      when keyword = 'oneOf' then (
        select count(*) = 1 from jsonb_array_elements(want) e where @extschema@.stand_in_valid(e, v, root))
      when keyword = 'not' then not @extschema@.stand_in_valid(want, v, root)
      when keyword = 'minimum' then number is null or number >= (want #>> '{}')::numeric
      when keyword = 'maximum' then number is null or number <= (want #>> '{}')::numeric
      when keyword = 'exclusiveMinimum' then number is null or number > (want #>> '{}')::numeric
      when keyword = 'exclusiveMaximum' then number is null or number < (want #>> '{}')::numeric
      when keyword = 'multipleOf' then number is null or number % (want #>> '{}')::numeric = 0
      when keyword = 'minLength' then kind <> 'string' or size >= (want #>> '{}')::numeric
      when keyword = 'maxLength' then kind <> 'string' or size <= (want #>> '{}')::numeric
      when keyword = 'pattern' then kind <> 'string' or v #>> '{}' ~ (want #>> '{}')
      when keyword = 'minItems' then kind <> 'array' or size >= (want #>> '{}')::numeric
      when keyword = 'maxItems' then kind <> 'array' or size <= (want #>> '{}')::numeric
      when keyword = 'minProperties' then kind <> 'object' or size >= (want #>> '{}')::numeric
      when keyword = 'maxProperties' then kind <> 'object' or size <= (want #>> '{}')::numeric
      when keyword = 'uniqueItems' then kind <> 'array' or not want::bool or size = (
        select count(distinct e) from jsonb_array_elements(v) e)
      when keyword = 'required' then kind <> 'object' or coalesce(
        (select bool_and(v ? name) from jsonb_array_elements_text(want) name), true)
      when keyword = 'properties' then kind <> 'object' or coalesce((
        select bool_and(@extschema@.stand_in_valid(p.value, v->p.key, root)) from jsonb_each(want) p where v ? p.key), true)
      when keyword = 'patternProperties' then kind <> 'object' or coalesce((
        select bool_and(@extschema@.stand_in_valid(p.value, e.value, root))
        from jsonb_each(want) p join jsonb_each(v) e on e.key ~ p.key), true)
      when keyword = 'additionalProperties' then kind <> 'object' or coalesce((
        select bool_and(@extschema@.stand_in_valid(want, e.value, root)) from jsonb_each(v) e
        where not properties ? e.key and not exists (select from jsonb_object_keys(patterns) p where e.key ~ p)), true)
      when keyword = 'propertyNames' then kind <> 'object' or coalesce((
        select bool_and(@extschema@.stand_in_valid(want, to_jsonb(name), root)) from jsonb_object_keys(v) name), true)
      when keyword = 'prefixItems' then kind <> 'array' or coalesce((
        select bool_and(@extschema@.stand_in_valid(p.value, v->(p.n - 1)::int, root))
        from jsonb_array_elements(want) with ordinality p (value, n) where p.n <= size), true)
      when keyword = 'items' and jsonb_typeof(want) <> 'array' then kind <> 'array' or coalesce((
        select bool_and(@extschema@.stand_in_valid(want, e.value, root))
        from jsonb_array_elements(v) with ordinality e (value, n)
        where e.n > coalesce(jsonb_array_length(s->'prefixItems'), 0)), true)
    end;
    if ok is null then
      raise feature_not_supported using
        message = format('json_matches_schema() does not know the keyword `%s` in this server: its pg_jsonschema is a stand-in', keyword),
        hint = 'use `docker:supabase/postgres:...`, or the address of a server that has the real extension';
    elsif not ok then
      return false;
    end if;
  end loop;
  return true;
end $$;

-- `#/$defs/name`, RFC 6901
create function @extschema@.stand_in_at(root jsonb, reference text) returns jsonb
language sql immutable set search_path = pg_catalog as $$
  select root #> array(
    select replace(replace(part, '~1', '/'), '~0', '~')
    from unnest(string_to_array(substr(reference, 3), '/')) part)
$$;

create function @extschema@.json_matches_schema(schema json, instance json) returns bool language sql immutable strict
return @extschema@.stand_in_valid(schema::jsonb, instance::jsonb, schema::jsonb);

create function @extschema@.jsonb_matches_schema(schema json, instance jsonb) returns bool
language sql immutable strict
return @extschema@.stand_in_valid(schema::jsonb, instance, schema::jsonb);

-- a schema is taken for one when null can be checked against it
create function @extschema@.jsonschema_is_valid(schema json) returns bool language plpgsql immutable strict as $$
begin
  perform @extschema@.stand_in_valid(schema::jsonb, 'null', schema::jsonb);
  return true;
exception when invalid_parameter_value or invalid_text_representation then
  return false;
end $$;

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    '@extschema@.jsonschema_validation_errors(schema json, instance json) returns text[]'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its pg_jsonschema is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;
