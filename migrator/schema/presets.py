"""What other programs keep in a database and change by themselves, as lists of objects for `preset` in the ignore list.

An object is written as there: a pattern of identities, with a class before it where only that is meant.
"""

from collections.abc import Mapping
from types import MappingProxyType


def _schemas(*names: str) -> tuple[str, ...]:
    """A whole schema with all that is in it, comments included."""
    patterns = ("schema {}", "{}.*", "comment schema {}", "comment * {}.*")
    return tuple(pattern.format(name) for name in names for pattern in patterns)


PRESETS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # https://worker.graphile.org/docs/schema
        "graphile_worker": _schemas("graphile_worker"),
        # https://hasura.io/docs/2.0/deployment/postgres-requirements/
        "hasura": _schemas("hdb_catalog", "hdb_lib"),
        # https://github.com/timgit/pg-boss: `schema` of its constructor
        "pg_boss": _schemas("pgboss"),
        # the tables that it copies properties from; partitions themselves are not compared
        # https://github.com/pgpartman/pg_partman/blob/master/doc/pg_partman.md
        "pg_partman": ("partman.template_*", "comment * partman.template_*"),
        # the tables of a queue, which `pgmq.create` makes; those of the extension itself are its members
        # https://github.com/pgmq/pgmq/blob/main/pgmq-extension/sql/pgmq.sql
        "pgmq": (
            *("pgmq.q_*", "pgmq.a_*", "index pgmq.archived_at_idx_*"),
            *("comment * pgmq.q_*", "comment * pgmq.a_*"),
        ),
        # what Supabase's dashboard makes where queues shall be open to the API
        # https://supabase.com/docs/guides/queues/expose-self-hosted-queues
        "supabase_queues": _schemas("pgmq_public"),
        # what it makes in `public` where new tables shall have row level security by themselves
        # https://supabase.com/docs/guides/database/postgres/event-triggers
        "supabase_rls": (
            *("event trigger ensure_rls", "function public.rls_auto_enable()"),
            *("comment event trigger ensure_rls", "comment function public.rls_auto_enable()"),
        ),
        # chunks and compressed chunks: https://docs.timescale.com/use-timescale/latest/hypertables/about-hypertables/
        "timescaledb": ("_timescaledb_internal.*", "comment * _timescaledb_internal.*"),
    }
)
"""By the name that an entry gives as `preset`."""
