-- Stands for uuid-ossp, https://www.postgresql.org/docs/current/uuid-ossp.html.
-- Real: all of it, on gen_random_uuid() and md5() of the core; SHA-1, which the core lacks, is written out below.
-- Different: version 1 carries random bytes where the real one has the address of a network card.
\echo Use "create extension" to load this file. \quit

create function uuid_nil() returns uuid language sql immutable strict parallel safe
return '00000000-0000-0000-0000-000000000000'::uuid;

-- the name spaces of RFC 9562, 6.6
create function uuid_ns_dns() returns uuid language sql immutable strict parallel safe
return '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid;

create function uuid_ns_url() returns uuid language sql immutable strict parallel safe
return '6ba7b811-9dad-11d1-80b4-00c04fd430c8'::uuid;

create function uuid_ns_oid() returns uuid language sql immutable strict parallel safe
return '6ba7b812-9dad-11d1-80b4-00c04fd430c8'::uuid;

create function uuid_ns_x500() returns uuid language sql immutable strict parallel safe
return '6ba7b814-9dad-11d1-80b4-00c04fd430c8'::uuid;

-- The time in steps of 100 ns since 1582-10-15, its low bits first; then 62 random bits, the multicast bit among them
-- set, as RFC 9562 asks for a node that is no network card.
create function uuid_generate_v1mc() returns uuid language plpgsql volatile strict parallel safe as $$
declare
  since_1582 constant bigint := 122192928000000000;
  ticks constant bigint := since_1582 + (extract(epoch from clock_timestamp()) * 10000000)::bigint;
  time_bytes constant bytea := int8send(ticks);
  made bytea := uuid_send(gen_random_uuid());
begin
  made := substr(time_bytes, 5, 4) || substr(time_bytes, 3, 2) || substr(time_bytes, 1, 2) || substr(made, 9, 8);
  made := set_byte(made, 6, 16 | (get_byte(made, 6) & 15));
  made := set_byte(made, 10, get_byte(made, 10) | 1);
  return encode(made, 'hex')::uuid;
end $$;

create function uuid_generate_v1() returns uuid language sql volatile strict parallel safe
return uuid_generate_v1mc();

create function uuid_generate_v3(namespace uuid, name text) returns uuid
language plpgsql immutable strict parallel safe as $$
declare
  made bytea := decode(md5(uuid_send(namespace) || convert_to(name, getdatabaseencoding())), 'hex');
begin
  made := set_byte(made, 6, 48 | (get_byte(made, 6) & 15));
  made := set_byte(made, 8, 128 | (get_byte(made, 8) & 63));
  return encode(made, 'hex')::uuid;
end $$;

create function uuid_generate_v4() returns uuid language sql volatile strict parallel safe
return gen_random_uuid();

-- SHA-1 as in RFC 3174, method 1
create function uuid_generate_v5(namespace uuid, name text) returns uuid
language plpgsql immutable strict parallel safe as $$
declare
  word constant bigint := 4294967295;
  data bytea := uuid_send(namespace) || convert_to(name, getdatabaseencoding());
  bits constant bigint := length(data) * 8;
  w bigint[] := array_fill(0::bigint, array[80]);
  h0 bigint := 1732584193;
  h1 bigint := 4023233417;
  h2 bigint := 2562383102;
  h3 bigint := 271733878;
  h4 bigint := 3285377520;
  a bigint; b bigint; c bigint; d bigint; e bigint; f bigint; k bigint; t bigint;
  made bytea;
begin
  data := data || '\x80'::bytea;
  data := data || decode(repeat('00', (120 - length(data) % 64) % 64), 'hex') || int8send(bits);
  for block in 0 .. length(data) / 64 - 1 loop
    for i in 1 .. 16 loop
      w[i] := ('x' || encode(substr(data, block * 64 + i * 4 - 3, 4), 'hex'))::bit(32)::bigint;
    end loop;
    for i in 17 .. 80 loop
      t := w[i - 3] # w[i - 8] # w[i - 14] # w[i - 16];
      w[i] := ((t << 1) | (t >> 31)) & word;
    end loop;
    a := h0; b := h1; c := h2; d := h3; e := h4;
    for i in 1 .. 80 loop
      if i <= 20 then
        f := (b & c) | ((b # word) & d); k := 1518500249;
      elsif i <= 40 then
        f := b # c # d; k := 1859775393;
      elsif i <= 60 then
        f := (b & c) | (b & d) | (c & d); k := 2400959708;
      else
        f := b # c # d; k := 3395469782;
      end if;
      t := ((((a << 5) | (a >> 27)) & word) + f + e + k + w[i]) & word;
      e := d; d := c; c := ((b << 30) | (b >> 2)) & word; b := a; a := t;
    end loop;
    h0 := (h0 + a) & word; h1 := (h1 + b) & word; h2 := (h2 + c) & word; h3 := (h3 + d) & word; h4 := (h4 + e) & word;
  end loop;
  made := substr(int8send(h0), 5) || substr(int8send(h1), 5) || substr(int8send(h2), 5) || substr(int8send(h3), 5);
  made := set_byte(made, 6, 80 | (get_byte(made, 6) & 15));
  made := set_byte(made, 8, 128 | (get_byte(made, 8) & 63));
  return encode(made, 'hex')::uuid;
end $$;
