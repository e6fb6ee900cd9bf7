-- Stands for pg_net, https://github.com/supabase/pg_net.
-- Real: the tables, and http_get, http_post and http_delete as far as they go in the caller's transaction: they put a row
-- into net.http_request_queue and return its id. Nothing ever sends it, so triggers that call a web hook do no harm.
-- Raises: everything of the worker, which is not there.
\echo Use "create extension" to load this file. \quit

create schema net;

create domain net.http_method as text check (value in ('GET', 'POST', 'DELETE'));

create unlogged table net.http_request_queue (
  id bigserial,
  method net.http_method not null,
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds int not null
);

create unlogged table net._http_response (
  id bigint,
  status_code int,
  content_type text,
  headers jsonb,
  content text,
  timed_out bool,
  error_msg text,
  created timestamptz not null default now()
);
create index on net._http_response (created);

create type net.request_status as enum ('PENDING', 'SUCCESS', 'ERROR');
create type net.http_response as (status_code int, headers jsonb, body text);
create type net.http_response_result as (status net.request_status, message text, response net.http_response);

create function net._urlencode_string(string varchar) returns text language plpgsql immutable strict as $$
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

create function net._encode_url_with_params_array(url text, params_array text[]) returns text
language sql immutable strict
return url || case when cardinality(params_array) = 0 then ''
  else case when position('?' in url) > 0 then '&' else '?' end || array_to_string(params_array, '&') end;

create function net.stand_in_request(
  method text, url text, params jsonb, headers jsonb, body jsonb, timeout_milliseconds int
) returns bigint language plpgsql security definer set search_path = pg_catalog as $$
declare
  made bigint;
begin
  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values (
    method,
    net._encode_url_with_params_array(url, coalesce((
      select array_agg(net._urlencode_string(key) || '=' || net._urlencode_string(value) order by key)
      from jsonb_each_text(params)
    ), '{}')),
    headers, convert_to(body::text, 'UTF8'), timeout_milliseconds
  )
  returning id into made;
  return made;
end $$;

create function net.http_get(
  url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds int default 5000
) returns bigint language sql
begin atomic
  select net.stand_in_request('GET', url, params, headers, null, timeout_milliseconds);
end;

create function net.http_post(
  url text, body jsonb default '{}', params jsonb default '{}',
  headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds int default 5000
) returns bigint language sql
begin atomic
  select net.stand_in_request('POST', url, params, headers, body, timeout_milliseconds);
end;

create function net.http_delete(
  url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds int default 5000,
  body jsonb default null
) returns bigint language sql
begin atomic
  select net.stand_in_request('DELETE', url, params, headers, body, timeout_milliseconds);
end;

comment on function net.http_get is 'stand-in: the request is queued and never sent';
comment on function net.http_post is 'stand-in: the request is queued and never sent';
comment on function net.http_delete is 'stand-in: the request is queued and never sent';

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'net.worker_restart() returns bool',
    'net.check_worker_is_up() returns void',
    'net.wait_until_running() returns void',
    'net.wake() returns void',
    'net._await_response(request_id bigint) returns bool',
    'net._http_collect_response(request_id bigint, async bool default true) returns net.http_response_result',
    'net.http_collect_response(request_id bigint, async bool default true) returns net.http_response_result'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its pg_net is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;

-- migrations grant it to the roles of the API once more
grant usage on schema net to public;
grant usage on schema net to @extowner@ with grant option;
grant execute on all functions in schema net to @extowner@ with grant option;
grant all on all tables in schema net to public;
grant all on all sequences in schema net to public;
