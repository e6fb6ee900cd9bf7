-- What `postgres` makes in `public` is open to the API at once: projects before 2026-10-30.
--
-- Facts: https://github.com/supabase/postgres, migrations/db/init-scripts/00000000000000-initial-schema.sql.

alter default privileges for role postgres in schema public
    grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
    grant all on functions to postgres, anon, authenticated, service_role;
