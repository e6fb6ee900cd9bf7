-- Stands for pgjwt, https://github.com/michelp/pgjwt: JSON Web Tokens signed with HS256, HS384 and HS512 (RFC 7519).
-- Real: all of it, on hmac of pgcrypto (which may be the stand-in, too): its schema is in the search path of this script.
\echo Use "create extension" to load this file. \quit

create function @extschema@.url_encode(data bytea) returns text language sql immutable
return translate(encode(data, 'base64'), E'+/=\n', '-_');

create function @extschema@.url_decode(data text) returns bytea language sql immutable
return decode(rpad(translate(data, '-_', '+/'), (length(data) + 3) / 4 * 4, '='), 'base64');

create function @extschema@.algorithm_sign(signables text, secret text, algorithm text) returns text
language sql immutable
return @extschema@.url_encode(hmac(signables, secret, case algorithm
  when 'HS256' then 'sha256' when 'HS384' then 'sha384' when 'HS512' then 'sha512' else '' end));

create function @extschema@.sign(payload json, secret text, algorithm text default 'HS256') returns text
language sql immutable
begin atomic
  with parts as (
    select @extschema@.url_encode(convert_to('{"alg":"' || algorithm || '","typ":"JWT"}', 'utf8')) || '.'
      || @extschema@.url_encode(convert_to(payload::text, 'utf8')) as signables
  )
  select signables || '.' || @extschema@.algorithm_sign(signables, secret, algorithm) from parts;
end;

create function @extschema@.try_cast_double(inp text) returns double precision language plpgsql immutable as $$
begin
  return inp::double precision;
exception when others then
  return null;
end $$;

-- a token is valid when its signature is, and when it is now between `nbf` and `exp`
create function @extschema@.verify(token text, secret text, algorithm text default 'HS256')
returns table (header json, payload json, valid boolean) language sql immutable
begin atomic
  with parts as (select string_to_array(token, '.') as part),
    told as (
      select convert_from(@extschema@.url_decode(part[1]), 'utf8')::json as header,
        convert_from(@extschema@.url_decode(part[2]), 'utf8')::json as payload,
        part[3] = @extschema@.algorithm_sign(part[1] || '.' || part[2], secret, algorithm) as signed
      from parts
    )
  select t.header, t.payload, t.signed and tstzrange(
    to_timestamp(@extschema@.try_cast_double(t.payload->>'nbf')),
    to_timestamp(@extschema@.try_cast_double(t.payload->>'exp'))
  ) @> current_timestamp
  from told t;
end;
