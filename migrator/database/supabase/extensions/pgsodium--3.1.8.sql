-- Stands for pgsodium, https://github.com/michelp/pgsodium, which Supabase has deprecated.
-- Real: the table of keys (ids only, no key is behind them), create_key, randombytes_*.
-- Raises: everything that encrypts, decrypts, signs or hashes: nothing shall look encrypted that is not.
\echo Use "create extension" to load this file. \quit

create type pgsodium.key_status as enum ('default', 'valid', 'invalid', 'expired');
create type pgsodium.key_type as enum (
  'aead-ietf', 'aead-det', 'hmacsha512', 'hmacsha256', 'auth', 'shorthash', 'generichash', 'kdf', 'secretbox',
  'secretstream', 'stream_xchacha20'
);
create type pgsodium.crypto_box_keypair as (public bytea, secret bytea);
create type pgsodium.crypto_sign_keypair as (public bytea, secret bytea);

create sequence pgsodium.key_key_id_seq;
create table pgsodium.key (
  id uuid primary key default gen_random_uuid(),
  status pgsodium.key_status default 'valid',
  created timestamptz not null default current_timestamp,
  expires timestamptz,
  key_type pgsodium.key_type,
  key_id bigint default nextval('pgsodium.key_key_id_seq'),
  key_context bytea default 'pgsodium' check (length(key_context) = 8),
  name text unique,
  associated_data text default 'associated',
  raw_key bytea,
  raw_key_nonce bytea,
  parent_key uuid references pgsodium.key,
  comment text,
  user_data text
);
create view pgsodium.valid_key as
select id, name, status, key_type, key_id, key_context, created, expires, associated_data
from pgsodium.key
where status in ('valid', 'default') and (expires is null or expires > now());

create function pgsodium.create_key(
  key_type pgsodium.key_type default 'aead-det', name text default null, raw_key bytea default null,
  raw_key_nonce bytea default null, parent_key uuid default null, key_context bytea default 'pgsodium',
  expires timestamptz default null, associated_data text default ''
) returns pgsodium.valid_key language sql security definer set search_path = '' as $$
  with made as (
    insert into pgsodium.key (key_type, name, key_context, expires, associated_data)
    values ($1, $2, $6, $7, $8)
    returning *
  )
  select id, name, status, key_type, key_id, key_context, created, expires, associated_data from made
$$;

create function pgsodium.get_key_by_id(uuid) returns pgsodium.valid_key
language sql stable security definer set search_path = '' as 'select * from pgsodium.valid_key where id = $1';

create function pgsodium.get_key_by_name(text) returns pgsodium.valid_key
language sql stable security definer set search_path = '' as 'select * from pgsodium.valid_key where name = $1';

create function pgsodium.randombytes_random() returns int language sql volatile
return ('x' || substr(encode(uuid_send(gen_random_uuid()), 'hex'), 1, 8))::bit(32)::int;

-- 13 of the 16 bytes of a random UUID are random in every bit
create function pgsodium.randombytes_buf(size int) returns bytea language plpgsql volatile strict as $$
declare
  made bytea := '';
  random uuid;
begin
  while length(made) < size loop
    random := gen_random_uuid();
    made := made || substr(uuid_send(random), 1, 6) || substr(uuid_send(random), 10, 7);
  end loop;
  return substr(made, 1, size);
end $$;

create function pgsodium.randombytes_uniform(upper_bound int) returns int language sql volatile strict
return mod(('x' || encode(pgsodium.randombytes_buf(7), 'hex'))::bit(56)::bigint, upper_bound)::int;

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'pgsodium.crypto_aead_det_keygen() returns bytea',
    'pgsodium.crypto_aead_det_noncegen() returns bytea',
    'pgsodium.crypto_aead_det_encrypt(message bytea, additional bytea, key bytea, nonce bytea default null) returns bytea',
    'pgsodium.crypto_aead_det_encrypt(message bytea, additional bytea, key_id bigint, context bytea default ''pgsodium'', nonce bytea default null) returns bytea',
    'pgsodium.crypto_aead_det_encrypt(message bytea, additional bytea, key_uuid uuid) returns bytea',
    'pgsodium.crypto_aead_det_encrypt(message bytea, additional bytea, key_uuid uuid, nonce bytea) returns bytea',
    'pgsodium.crypto_aead_det_decrypt(ciphertext bytea, additional bytea, key bytea, nonce bytea default null) returns bytea',
    'pgsodium.crypto_aead_det_decrypt(message bytea, additional bytea, key_id bigint, context bytea default ''pgsodium'', nonce bytea default null) returns bytea',
    'pgsodium.crypto_aead_det_decrypt(message bytea, additional bytea, key_uuid uuid) returns bytea',
    'pgsodium.crypto_aead_det_decrypt(message bytea, additional bytea, key_uuid uuid, nonce bytea) returns bytea',
    'pgsodium.crypto_secretbox_keygen() returns bytea',
    'pgsodium.crypto_secretbox_noncegen() returns bytea',
    'pgsodium.crypto_secretbox(message bytea, nonce bytea, key bytea) returns bytea',
    'pgsodium.crypto_secretbox_open(ciphertext bytea, nonce bytea, key bytea) returns bytea',
    'pgsodium.crypto_box_new_keypair() returns pgsodium.crypto_box_keypair',
    'pgsodium.crypto_box_noncegen() returns bytea',
    'pgsodium.crypto_box(message bytea, nonce bytea, public bytea, secret bytea) returns bytea',
    'pgsodium.crypto_box_open(ciphertext bytea, nonce bytea, public bytea, secret bytea) returns bytea',
    'pgsodium.crypto_sign_new_keypair() returns pgsodium.crypto_sign_keypair',
    'pgsodium.crypto_sign_detached(message bytea, key bytea) returns bytea',
    'pgsodium.crypto_sign_verify_detached(sig bytea, message bytea, key bytea) returns boolean',
    'pgsodium.crypto_generichash(message bytea, key bytea default null) returns bytea',
    'pgsodium.crypto_shorthash(message bytea, key bytea) returns bytea',
    'pgsodium.crypto_pwhash_saltgen() returns bytea',
    'pgsodium.crypto_pwhash(password bytea, salt bytea) returns bytea',
    'pgsodium.crypto_pwhash_str(password bytea) returns bytea',
    'pgsodium.crypto_auth_keygen() returns bytea',
    'pgsodium.crypto_auth(message bytea, key bytea) returns bytea',
    'pgsodium.derive_key(key_id bigint, key_len int default 32, context bytea default ''pgsodium'') returns bytea',
    'pgsodium.update_mask(target oid, debug boolean default false) returns void'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its pgsodium is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;

grant usage on schema pgsodium to @extowner@ with grant option;
grant all on all tables in schema pgsodium to @extowner@ with grant option;
grant all on all sequences in schema pgsodium to @extowner@ with grant option;
