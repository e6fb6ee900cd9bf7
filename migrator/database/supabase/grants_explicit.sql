-- What `postgres` makes in `public` is closed to the API until a migration grants it: every project since 2026-10-30.
--
-- Facts: https://supabase.com/changelog (28 April 2026) and https://supabase.com/docs/guides/api/securing-your-api, "Revoke
-- default privileges". The API has no use for the rest (TRUNCATE, REFERENCES, TRIGGER), which therefore stays. A function
-- stays open to everybody as long as its migration does not revoke that: in PostgreSQL no schema's default takes it back.

alter default privileges for role postgres in schema public
    revoke select, insert, update, delete on tables from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    revoke usage, select on sequences from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    revoke execute on functions from anon, authenticated, service_role;
