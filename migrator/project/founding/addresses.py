"""Which database a new project's configuration names: never with a password that was found, only where one is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from migrator.config import ADDRESS_VARIABLES, Address, Config
from migrator.database.address.dsn import parse
from migrator.database.address.target import Target
from migrator.database.address.url import SCHEMES
from migrator.errors import InputError
from migrator.events.founding import Trace
from migrator.project.founding.tools import SupabaseProject, YoyoProject

EMBEDDED = "embedded:"
STANDARD = "DATABASE_URL"
VARIABLES = (*ADDRESS_VARIABLES, "SUPABASE_DB_URL", "POSTGRES_URL_NON_POOLING", "POSTGRES_URL")
"""Variables that are known to hold an address, the stronger first."""

ANOTHER = "another kind of database, which `migrate` refuses; MIGRATOR_DATABASE wins over it"

_OURS = ("embedded:", "docker:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What `database` shall be.

    Attributes:
        value: for the configuration; None where the `PG*` variables are to go on saying it.
        comment: stands behind it.
        traces: what decided.
        missing: what `DATABASE_URL` has to be set to, as far as it may be shown; None where it need not be.
        start: the command that starts the server, where it is another tool's.
    """

    value: str | None
    comment: str = ""
    traces: tuple[Trace, ...] = ()
    missing: str | None = None
    start: str | None = None


def choose(
    config: Config, dotenv: Mapping[str, str], supabase: SupabaseProject | None, yoyo: YoyoProject | None
) -> Choice:
    """The option, then a variable, then what other tools say, then a PostgreSQL of the project's own.

    Raises `InputError` for an address given as an option that cannot be read.
    """
    given = config.database
    if given is not None and given.origin == "--database":
        return _given(given, config)
    strange: list[Trace] = []
    for name in VARIABLES:
        for variables, place in ((config.environ, "the environment"), (dotenv, "`.env`")):
            value = variables.get(name, "").strip()
            if value and not _may_be_ours(value):
                strange.append(Trace(path=name, message=f"set in {place} to {ANOTHER}"))
            elif value:
                trace = Trace(path=name, message=f"set in {place}; the configuration names the variable, not its value")
                return Choice(value=f"${{{name}}}", traces=(*strange, trace))
    other = _without_variables(given, supabase, yoyo)
    return replace(other, traces=(*strange, *other.traces))


def _without_variables(given: Address | None, supabase: SupabaseProject | None, yoyo: YoyoProject | None) -> Choice:
    if given is not None and not given.text:  # PGHOST and the like
        trace = Trace(path=given.origin, message="the `PG*` variables name the database, so the configuration does not")
        return Choice(value=None, traces=(trace,))
    if yoyo is not None and yoyo.database is not None:
        if not _may_be_ours(yoyo.database):
            trace = Trace(path="yoyo.ini", message="its `database` is no PostgreSQL, and `migrate` knows no other")
            return Choice(value=EMBEDDED, traces=(trace,))
        trace = Trace(
            path="yoyo.ini", message=f"its `database` belongs into the variable {STANDARD}, with its password"
        )
        return Choice(value=f"${{{STANDARD}}}", traces=(trace,), missing=_without_password(yoyo.database))
    if supabase is not None:
        return Choice(value=supabase.address, comment="the Supabase CLI's local one", start="supabase start")
    return Choice(value=EMBEDDED, comment=f"a PostgreSQL of this project's own; {STANDARD} wins over it")


def _may_be_ours(text: str) -> bool:
    """It is no URL, or one of a scheme that we know."""
    scheme, separator, _ = text.partition("://")
    return not separator or not scheme.replace("+", "").isalnum() or scheme.lower() in SCHEMES


def _given(address: Address, config: Config) -> Choice:
    text = address.text.strip()
    if text.startswith(_OURS):
        return Choice(value=text)
    target = parse(address, config.environ)
    if _has_password(target):
        trace = Trace(path="--database", message="it holds a password, so the configuration names a variable instead")
        return Choice(value=f"${{{STANDARD}}}", traces=(trace,), missing=str(target))
    return Choice(value=text)


def _has_password(target: Target) -> bool:
    return target.password is not None or any(host.password is not None for host in target.hosts)


def _without_password(text: str) -> str:
    """An address of another tool as far as it may be shown."""
    try:
        return str(parse(Address(text, "yoyo.ini"), {}))
    except InputError:
        return "postgresql://..."
