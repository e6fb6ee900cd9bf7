"""What a run sets in the server's session, and how it takes back what migrations leave there. Pure.

The server's session of a direct connection is ours: what it needs is set once, and again after every reset. Behind a
pooler it goes on to others, at every moment at which no transaction is open. There each transaction sets what it needs
for itself, and what a migration has left is taken back in the message of its COMMIT.
"""

from dataclasses import dataclass

from migrator.database.sessions.reset import not_rolled_back, reset
from migrator.database.sessions.session import settings
from migrator.migrating.running.timeouts import lifted

WATCHFUL = "client_connection_check_interval = '1s'"
"""The server of a killed client must notice within a second, or it goes on, commits, and keeps our lock meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionState:
    """How a run treats the server's session.

    Attributes:
        server: the server's version, as in 170004.
        settings: server settings of the user's address.
        watchful: the server's platform can watch for a client that is gone.
        plpgsql: the role may use PL/pgSQL.
        pooled: a pooler gives the session to others.
        gate: behind one that shares it by transaction, SQL that fails with 22012 while a runner elsewhere has the lock.
    """

    server: int = 140000
    settings: tuple[tuple[str, str], ...] = ()
    watchful: bool = True
    plpgsql: bool = True
    pooled: bool = False
    gate: str = ""

    def calm(self, *, local: bool) -> str:
        """SQL that lets no timeout of the server end a session (`local`: a transaction), nor a dead client keep it."""
        watch = f"; set {'local ' if local else ''}{WATCHFUL}" if self.watchful else ""
        return lifted(self.server, self.settings, local=local) + watch

    def chosen(self, *, local: bool) -> list[str]:
        """SQL that gives a session (`local`: a transaction) the settings of the user's address."""
        return [f"select {settings(self.settings, local=local)}"] if self.settings else []

    @property
    def lasting(self) -> list[str]:
        """What the session gets at the start of a run and after every reset."""
        # with the settings of the address: its search_path says whose ledger is read when the run is over
        return [] if self.pooled else [self.calm(local=False), *self.chosen(local=False)]

    @property
    def passing(self) -> list[str]:
        """What every transaction gets at its start."""
        return [*([self.calm(local=True)] if self.pooled else []), *([self.gate] if self.gate else [])]

    @property
    def reset(self) -> str:
        """SQL that forgets what a migration has left in the session: from BEGIN on, for the caller to commit."""
        return "; ".join([reset(pooled=self.pooled, plpgsql=self.plpgsql), *self.lasting])

    @property
    def before_commit(self) -> list[str]:
        """What comes before the books of a migration: what a COMMIT that fails would leave to the next client."""
        return not_rolled_back(plpgsql=self.plpgsql) if self.pooled else []
