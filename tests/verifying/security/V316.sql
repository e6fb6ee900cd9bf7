-- bad: in `public`, one that can be moved and one that cannot
create extension hypopg schema public;
create extension pgjwt schema public cascade;
-- found V316 extension hypopg: extension `hypopg` is in the schema `public`, so that its functions are part of the API
-- found V316 extension pgjwt: extension `pgjwt` is in the schema `public`, so that its functions are part of the API

-- bad: in another schema that is served
create schema api;
alter role authenticator set pgrst.db_schemas = 'api';
create extension hypopg schema api;
-- found V316 extension hypopg: extension `hypopg` is in the schema `api`, so that its functions are part of the API

-- good: elsewhere
create extension hypopg schema extensions;
create extension pgmq;
create schema tools;
create extension pg_hashids schema tools;
