"""Where the address leads: what it says, where that came from, and the server that we start for it."""

from migrator.database.address import launch
from migrator.database.address.own_servers import DOCKER, EMBEDDED
from migrator.database.address.pooler import for_migrating
from migrator.database.address.target import Target
from migrator.database.launching import project_server, servers
from migrator.database.launching.servers import locate
from migrator.events import Event, ServerStarted
from migrator.events.doctor import StepName
from migrator.project.diagnosis.visit import Found, Visit


def applies(name: StepName, visit: Visit) -> bool:
    """Whether a step makes sense for the address: a unix socket has no name to look up, and needs no encryption."""
    text = "" if visit.config.database is None else visit.config.database.text.strip()
    if name == "server":
        return text.startswith((EMBEDDED, DOCKER))
    hosts = () if visit.target is None else visit.target.hosts
    by_socket = all(host.is_socket for host in hosts) if hosts else text.startswith(EMBEDDED)
    if name in {"dns", "tcp", "tls"}:
        return not by_socket
    return by_socket if name == "socket" else True


async def address(visit: Visit) -> Found:
    """Read the address. Raises `InputError` as every command does."""
    given = visit.config.database
    if given is None:
        raise servers.no_address(visit.config)
    if given.text.strip().startswith((EMBEDDED, DOCKER)):
        launch.read(visit.config, given)
        shown = given.text.strip()
        return Found(message=f"{shown} (from {given.origin})", facts={"address": shown, "origin": given.origin})
    target = _taken(visit, await visit.stack.enter_async_context(locate(visit.config, visit.emit)))
    parts = {name: where for name, where in target.origins if where != target.origin}
    others = "".join(f"; {name} from {where}" for name, where in parts.items())
    return Found(
        message=f"{target} (from {target.origin}{others})",
        facts={
            "address": str(target),
            "origin": target.origin,
            "parts": parts,
            "password": target.password is not None,
            "kind": target.kind,
            "settings": [name for name, _ in target.settings],
            "connect_timeout": target.connect_timeout,
            "notices": [notice.message for notice in target.told],
        },
    )


def _taken(visit: Visit, found: Target) -> Target:
    """The target as `up` takes it, which may not be the door that the address names."""
    visit.target = for_migrating(found)
    for notice in visit.target.told[len(found.told) :]:
        visit.emit(notice)
    return visit.target


async def server(visit: Visit) -> Found:
    """Start the server that the address asks for, as every command does, unless it runs already."""
    started: list[ServerStarted] = []

    def hear(event: Event) -> None:
        if isinstance(event, ServerStarted):
            started.append(event)  # this step says so
        else:
            visit.emit(event)

    target = _taken(visit, await visit.stack.enter_async_context(locate(visit.config, hear)))
    facts = {"address": str(target), "started": bool(started), "created": any(each.created for each in started)}
    if target.kind == "docker":
        return Found(message=f"a container of {started[0].where}, for this command alone", facts=facts)
    place = str(project_server.directory(visit.config))
    if not started:
        return Found(message=f"was running; its data is in {place}", facts=facts)
    new = " on a new data directory" if started[0].created else ""
    return Found(message=f"started{new}, and stays up; its data is in {place}", facts=facts)
