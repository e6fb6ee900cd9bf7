-- Stands for http, https://github.com/pramsey/pgsql-http.
-- Real: the types, http_header, urlencode, bytea_to_text and text_to_bytea.
-- Raises: everything that makes a request: the answer is wanted at once, so nothing can be put off.
\echo Use "create extension" to load this file. \quit

create domain http_method as text;
create type http_header as (field varchar, value varchar);
create type http_response as (status int, content_type varchar, headers http_header[], content varchar);
create type http_request as (
  method http_method, uri varchar, headers http_header[], content_type varchar, content varchar
);

create function http_header(field varchar, value varchar) returns http_header language sql immutable
return row(field, value)::http_header;

create function http_headers(variadic args text[]) returns http_header[] language sql immutable
begin atomic
  select array_agg(row(args[i], args[i + 1])::http_header order by i) from generate_series(1, cardinality(args), 2) i;
end;

create function bytea_to_text(data bytea) returns text language sql immutable strict
return convert_from(data, getdatabaseencoding());

create function text_to_bytea(data text) returns bytea language sql immutable strict
return convert_to(data, getdatabaseencoding());

create function urlencode(string varchar) returns text language plpgsql immutable strict as $$
declare
  made text := '';
  bytes constant bytea := convert_to(string, 'UTF8');
  byte int;
begin
  for i in 0 .. length(bytes) - 1 loop
    byte := get_byte(bytes, i);
    made := made || case
      when byte < 128 and chr(nullif(byte, 0)) ~ '[A-Za-z0-9_.~-]' then chr(byte)
      else '%' || upper(lpad(to_hex(byte), 2, '0'))
    end;
  end loop;
  return made;
end $$;

create function urlencode(string bytea) returns text language sql immutable strict
return urlencode(convert_from(string, 'UTF8')::varchar);

create function urlencode(data jsonb) returns text language sql immutable strict
begin atomic
  select string_agg(urlencode(key::varchar) || '=' || urlencode(value::varchar), '&') from jsonb_each_text(data);
end;

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'http(request http_request) returns http_response',
    'http_get(uri varchar) returns http_response',
    'http_get(uri varchar, data jsonb) returns http_response',
    'http_post(uri varchar, content varchar, content_type varchar) returns http_response',
    'http_post(uri varchar, data jsonb) returns http_response',
    'http_put(uri varchar, content varchar, content_type varchar) returns http_response',
    'http_patch(uri varchar, content varchar, content_type varchar) returns http_response',
    'http_delete(uri varchar) returns http_response',
    'http_delete(uri varchar, content varchar, content_type varchar) returns http_response',
    'http_head(uri varchar) returns http_response',
    'http_set_curlopt(curlopt varchar, value varchar) returns boolean',
    'http_reset_curlopt() returns boolean',
    'http_list_curlopt(out curlopt text, out value text) returns setof record'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its http is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;
