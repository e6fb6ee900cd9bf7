-- bad: in `public`, one that can be moved and one that cannot
create extension hypopg schema public;
create extension pg_net schema public;
create extension pgjwt schema public cascade;
-- found V316 extension hypopg: extension `hypopg` is in the schema `public`, which the API serves, with 11 functions and 2 tables or views
-- found V316 extension pg_net: extension `pg_net` is in the schema `public`, which the API serves, though nothing that it made is there
-- found V316 extension pgjwt: extension `pgjwt` is in the schema `public`, which the API serves, with 6 functions

-- bad: in another schema that is served
create schema api;
alter role authenticator set pgrst.db_schemas = 'api';
create extension hypopg schema api;
-- found V316 extension hypopg: extension `hypopg` is in the schema `api`, which the API serves, with 11 functions and 2 tables or views

-- good: elsewhere
create extension hypopg schema extensions;
create extension pgmq;
create schema tools;
create extension pg_hashids schema tools;
