-- Stands for supabase_vault, https://github.com/supabase/vault.
-- Real: vault.secrets, vault.decrypted_secrets, create_secret and update_secret keep and give back secrets.
-- NOT REAL: nothing is encrypted. The column `secret` is the plain text, and whoever reads the data directory or a dump
-- reads it. Each write warns of that. Keep no secret in it that is one anywhere else.
-- Raises: the functions below the vault that encrypt and decrypt.
\echo Use "create extension" to load this file. \quit

create table vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea,
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);
create unique index on vault.secrets (name) where name is not null;
comment on table vault.secrets is 'stand-in: the column `secret` is NOT encrypted';

create view vault.decrypted_secrets as
select id, name, description, secret, secret as decrypted_secret, key_id, nonce, created_at, updated_at
from vault.secrets;

create function vault.create_secret(
  new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
) returns uuid language plpgsql security definer set search_path = '' as $$
declare
  made uuid;
begin
  raise warning 'the secret is stored unencrypted: the supabase_vault of this server is a stand-in';
  insert into vault.secrets (secret, name, description)
  values (new_secret, new_name, coalesce(new_description, ''))
  returning id into made;
  return made;
end $$;

create function vault.update_secret(
  secret_id uuid, new_secret text default null, new_name text default null, new_description text default null,
  new_key_id uuid default null
) returns void language plpgsql security definer set search_path = '' as $$
begin
  if new_secret is not null then
    raise warning 'the secret is stored unencrypted: the supabase_vault of this server is a stand-in';
  end if;
  update vault.secrets
  set secret = coalesce(new_secret, secret),
    name = coalesce(new_name, name),
    description = coalesce(new_description, description),
    updated_at = current_timestamp
  where id = secret_id;
end $$;

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'vault._crypto_aead_det_encrypt(message bytea, additional bytea, key_id bigint, context bytea default ''pgsodium'', nonce bytea default null) returns bytea',
    'vault._crypto_aead_det_decrypt(message bytea, additional bytea, key_id bigint, context bytea default ''pgsodium'', nonce bytea default null) returns bytea',
    'vault._crypto_aead_det_noncegen() returns bytea'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its supabase_vault is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;

-- as on Supabase
revoke all on all functions in schema vault from public;
do $$
declare
  who text;
begin
  grant usage on schema vault to @extowner@ with grant option;
  grant select, delete on vault.secrets, vault.decrypted_secrets to @extowner@ with grant option;
  grant execute on all functions in schema vault to @extowner@ with grant option;
  for who in select quote_ident(rolname) from pg_roles where rolname = 'service_role' loop
    execute 'grant usage on schema vault to ' || who;
    execute 'grant select, delete on vault.secrets, vault.decrypted_secrets to ' || who;
    execute 'grant execute on function vault.create_secret, vault.update_secret to ' || who;
  end loop;
end $$;
