-- What `postgres` makes in `public` is closed to the API until a migration grants it: every project since 2026-10-30.
--
-- Facts: https://supabase.com/changelog (28 April 2026): tables and sequences. Functions stay as PostgreSQL has them:
-- EXECUTE for everybody.

alter default privileges for role postgres in schema public
    revoke all on tables from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    revoke all on sequences from anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    grant execute on functions to postgres, anon, authenticated, service_role;
