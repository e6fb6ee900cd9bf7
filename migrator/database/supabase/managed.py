"""What Supabase makes and manages in the database of a project, by name."""

MANAGED_SCHEMAS = frozenset(
    {
        "_analytics",
        "_realtime",
        "_supavisor",
        "auth",
        "cron",
        "extensions",
        "graphql",
        "graphql_public",
        "net",
        "pgbouncer",
        "pgmq",
        "pgsodium",
        "pgsodium_masks",
        "pgtle",
        "realtime",
        "repack",
        "storage",
        "supabase_functions",
        "supabase_migrations",
        "tiger",
        "tiger_data",
        "topology",
        "vault",
    }
)
"""A reset leaves them alone, a comparison leaves them out."""

PLATFORM_ROLES = "^(supabase_|pgsodium_)|^(dashboard_user|pgbouncer|cli_login_postgres)$"
"""A pattern for its roles, without those that projects use and grant to: `postgres`, `authenticator`, those of the API.

See https://supabase.com/docs/guides/database/postgres/roles.
"""

PLATFORM_EXTENSIONS = frozenset(
    {"pg_graphql", "pg_stat_statements", "pgcrypto", "pgjwt", "pgsodium", "supabase_vault", "uuid-ossp"}
)
"""What projects have from the start, by their age: https://github.com/supabase/postgres, migrations/db."""

PLATFORM_EVENT_TRIGGERS = frozenset(
    {
        *("issue_graphql_placeholder", "issue_pg_cron_access", "issue_pg_graphql_access", "issue_pg_net_access"),
        *("pgrst_ddl_watch", "pgrst_drop_watch"),
        *("migrator_own_extension", "migrator_refuse_ddl", "migrator_refuse_drop"),
    }
)
"""Its event triggers (https://github.com/supabase/postgres, migrations/db), and those of a server of ours."""
