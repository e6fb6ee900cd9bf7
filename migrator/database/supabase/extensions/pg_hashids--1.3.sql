-- Stands for pg_hashids, https://github.com/iCyberon/pg_hashids.
-- Raises: every function. A wrong id in a column would be worse than none.
\echo Use "create extension" to load this file. \quit

-- what there is by name only
do $missing$
declare
  signature text;
begin
  foreach signature in array array[
    'id_encode(number bigint) returns text',
    'id_encode(number bigint, salt text) returns text',
    'id_encode(number bigint, salt text, min_length int) returns text',
    'id_encode(number bigint, salt text, min_length int, alphabet text) returns text',
    'id_encode(numbers bigint[]) returns text',
    'id_encode(numbers bigint[], salt text) returns text',
    'id_encode(numbers bigint[], salt text, min_length int) returns text',
    'id_encode(numbers bigint[], salt text, min_length int, alphabet text) returns text',
    'id_decode(hash text) returns bigint[]',
    'id_decode(hash text, salt text) returns bigint[]',
    'id_decode(hash text, salt text, min_length int) returns bigint[]',
    'id_decode(hash text, salt text, min_length int, alphabet text) returns bigint[]',
    'id_decode_once(hash text) returns bigint',
    'id_decode_once(hash text, salt text) returns bigint',
    'id_decode_once(hash text, salt text, min_length int) returns bigint',
    'id_decode_once(hash text, salt text, min_length int, alphabet text) returns bigint',
    'hash_encode(number bigint) returns text',
    'hash_encode(number bigint, salt text) returns text',
    'hash_encode(number bigint, salt text, min_length int) returns text',
    'hash_decode(hash text, salt text, min_length int) returns int'
  ] loop
    execute format('create function %s language plpgsql as %L', signature, format(
      'begin raise feature_not_supported using message = %L, hint = %L; end',
      split_part(signature, '(', 1) || '() does not work in this server: its pg_hashids is a stand-in',
      'use `docker:supabase/postgres:...`, or the address of a server that has the real extension'));
  end loop;
end $missing$;
