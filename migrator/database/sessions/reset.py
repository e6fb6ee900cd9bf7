"""SQL that takes back what a client can leave behind in a session of the server.

Advisory locks stay: `discard all` would release ours, too.
"""

PREPARED = (
    "do $prepared$ declare name text; begin "
    "for name in select p.name from pg_catalog.pg_prepared_statements p where p.from_sql "
    "loop execute pg_catalog.format('deallocate %I', name); end loop; end $prepared$"
)
"""Behind a pooler, the statements that PREPARE made: those of the protocol are the pooler's own, for all its clients,
and it does not learn that they are gone. https://www.pgbouncer.org/config.html#max_prepared_statements"""

ENCODING = "set client_encoding = 'UTF8'; set standard_conforming_strings = on"
"""What we ask for at the handshake. A pooler made its own with the server, so `reset all` leads to other values; that
these two are each client's own, every pooler has to know."""


def prepared(*, pooled: bool, plpgsql: bool) -> str:
    """SQL that forgets prepared statements; without the right to PL/pgSQL all of them."""
    return PREPARED if pooled and plpgsql else "deallocate all"


def reset(*, pooled: bool, plpgsql: bool = True) -> str:
    """SQL that forgets everything: BEGIN and what follows, for the caller to commit.

    A transaction of its own: in an implicit one, a failure of what comes behind it would undo it. `pooled`: a pooler is
    in between.
    """
    return f"begin; {forget(pooled=pooled, plpgsql=plpgsql)}"


def forget(*, pooled: bool, plpgsql: bool = True) -> str:
    """The same without BEGIN, for a transaction that is open; what it had set for itself is gone then, too."""
    again = f"{ENCODING}; " if pooled else ""
    return (
        f"reset all; {again}reset session authorization; reset role; discard temp; "
        f"{prepared(pooled=pooled, plpgsql=plpgsql)}; close all; unlisten *; discard sequences"
    )


def not_rolled_back(*, plpgsql: bool) -> list[str]:
    """SQL for the end of a transaction behind a pooler: forgets what stays even where its COMMIT fails.

    After that failure no transaction is open, so the pooler gives the server's session to the next client at once. What
    COMMIT would find wrong is therefore looked for before.
    """
    return ["set constraints all immediate", prepared(pooled=True, plpgsql=plpgsql), "discard sequences"]
