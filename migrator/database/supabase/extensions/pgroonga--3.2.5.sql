-- Stands for pgroonga, https://pgroonga.github.io.
-- Real: `create index ... using pgroonga` makes an index: PostgreSQL's own GIN, of trigrams where the column is text, by the
-- library of pg_trgm. No operator uses it. Its storage parameters (`with (tokenizer = ...)`) are not known.
-- Raises: the functions and the operators &@, &@~ and &@*, so that no search finds too little.
\echo Use "create extension" to load this file. \quit

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'pgroonga_score(tableoid oid, ctid tid) returns double precision',
    'pgroonga_table_name(index_name text) returns text',
    'pgroonga_command(groonga_command text) returns text',
    'pgroonga_command(groonga_command text, arguments text[]) returns text',
    'pgroonga_snippet_html(target text, keywords text[], width int default 200) returns text[]',
    'pgroonga_highlight_html(target text, keywords text[]) returns text',
    'pgroonga_query_extract_keywords(query text, index_name text default '''') returns text[]',
    'pgroonga_query_escape(query text) returns text',
    'pgroonga_escape(value text) returns text',
    'pgroonga_normalize(target text) returns text',
    'pgroonga_tokenize(target text, variadic options text[]) returns json[]',
    'pgroonga_match_term(target text, term text) returns boolean',
    'pgroonga_match_text(target text, keyword text) returns boolean',
    'pgroonga_query_text(target text, query text) returns boolean',
    'pgroonga_similar_text(target text, document text) returns boolean'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its pgroonga is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;

create operator &@ (leftarg = text, rightarg = text, function = pgroonga_match_text);
create operator &@~ (leftarg = text, rightarg = text, function = pgroonga_query_text);
create operator &@* (leftarg = text, rightarg = text, function = pgroonga_similar_text);

create access method pgroonga type index handler pg_catalog.ginhandler;

create function stand_in_value(text, internal) returns internal
language c immutable strict parallel safe as '$libdir/pg_trgm', 'gin_extract_value_trgm';
create function stand_in_query(text, internal, int2, internal, internal, internal, internal) returns internal
language c immutable strict parallel safe as '$libdir/pg_trgm', 'gin_extract_query_trgm';
create function stand_in_consistent(internal, int2, text, int4, internal, internal, internal, internal) returns bool
language c immutable strict parallel safe as '$libdir/pg_trgm', 'gin_trgm_consistent';

do $classes$
declare
  class record;
begin
  for class in
    select * from (values
      ('pgroonga_text_full_text_search_ops_v2', 'default', 'text'),
      ('pgroonga_text_term_search_ops_v2', '', 'text'),
      ('pgroonga_text_regexp_ops_v2', '', 'text'),
      ('pgroonga_varchar_term_search_ops_v2', 'default', 'varchar'),
      ('pgroonga_varchar_full_text_search_ops_v2', '', 'varchar'),
      ('pgroonga_varchar_regexp_ops_v2', '', 'varchar')
    ) as c (name, whether_default, type)
  loop
    execute format(
      'create operator class %I %s for type %s using pgroonga as
        function 1 pg_catalog.btint4cmp(int4, int4),
        function 2 stand_in_value(text, internal),
        function 3 stand_in_query(text, internal, int2, internal, internal, internal, internal),
        function 4 stand_in_consistent(internal, int2, text, int4, internal, internal, internal, internal),
        storage int4', class.name, class.whether_default, class.type);
  end loop;
end $classes$;

create operator class pgroonga_text_array_full_text_search_ops_v2 default for type text[] using pgroonga as
  function 1 pg_catalog.bttextcmp(text, text),
  function 2 pg_catalog.ginarrayextract(anyarray, internal, internal),
  function 3 pg_catalog.ginqueryarrayextract(anyarray, internal, int2, internal, internal, internal, internal),
  function 4 pg_catalog.ginarrayconsistent(internal, int2, anyarray, int4, internal, internal, internal, internal),
  storage text;

create operator class pgroonga_jsonb_ops_v2 default for type jsonb using pgroonga as
  function 1 pg_catalog.gin_compare_jsonb(text, text),
  function 2 pg_catalog.gin_extract_jsonb(jsonb, internal, internal),
  function 3 pg_catalog.gin_extract_jsonb_query(jsonb, internal, int2, internal, internal, internal, internal),
  function 4 pg_catalog.gin_consistent_jsonb(internal, int2, jsonb, int4, internal, internal, internal, internal),
  storage text;
