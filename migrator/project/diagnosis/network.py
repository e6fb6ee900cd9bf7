"""The way to the server: the names of its hosts, their ports, encryption, and one login.

Every failure is told by the code that tells it when any other command meets it.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from migrator.database.address.target import Host, TlsMode
from migrator.database.connect import describe
from migrator.database.network import tls
from migrator.database.network.dialling import look_up
from migrator.database.network.handshake import Handshake, shake_hands
from migrator.database.network.lookup import HostAddress, is_literal
from migrator.database.network.tcp import Knock, knock, unreached
from migrator.database.network.verdicts import NEXT_HOST, together
from migrator.database.sessions.opening import apply_settings, open_session
from migrator.errors import MigratorError, UnavailableError
from migrator.project.diagnosis.visit import Found, Visit

SOON = timedelta(days=14)
"""How long before its end a certificate is worth a word."""


async def names(visit: Visit) -> Found:
    """Look up the name of every host. Raises when none of them has an address."""
    target = visit.reached
    hosts = [host for host in target.hosts if not host.is_socket]
    for host in hosts:
        try:
            visit.addresses[host] = await look_up(target, host)
        except MigratorError as error:
            visit.causes[host] = error
    _go_on(visit)
    said = [_named(host, visit.addresses[host]) for host in hosts if host in visit.addresses]
    facts = {"hosts": [_known(host, visit) for host in hosts]}
    return _unless_some_fail(visit, "; ".join(said), facts)


def _named(host: Host, found: Sequence[HostAddress]) -> str:
    shown = ", ".join(each.text + ("" if each.usable else f" (no IPv{each.version} route here)") for each in found)
    if host.address:
        return f"{shown} for {host.name}, which is not looked up"
    return f"{shown}, which needs no lookup" if is_literal(host) else f"{host.name} is {shown}"


def _known(host: Host, visit: Visit) -> dict[str, object]:
    found = visit.addresses.get(host, ())
    each = [{"address": one.text, "version": one.version, "usable": one.usable} for one in found]
    cause = visit.causes.get(host)
    return {"host": host.name, "addresses": each, "error": None if cause is None else cause.message}


def _go_on(visit: Visit) -> None:
    """Raise what connecting would raise with what is known of the hosts, if anything."""
    known = [visit.causes[host] for host in visit.reached.hosts if host in visit.causes]
    if len(known) == len(visit.reached.hosts):
        raise together(known)


def _unless_some_fail(visit: Visit, message: str, facts: Mapping[str, object]) -> Found:
    """All is well, or a warning for the hosts that will not do; others will."""
    causes = [visit.causes[host] for host in visit.reached.hosts if host in visit.causes]
    if not causes:
        return Found(message=message, facts=facts)
    told = "; ".join([message, *(cause.message for cause in causes)])
    return Found(message=told, facts=facts, state="warning", hint=causes[0].hint)


async def answers(visit: Visit) -> Found:
    """Connect to every address of every host, and hang up. Raises when none of the hosts will do."""
    target = visit.reached
    said: list[str] = []
    facts: list[dict[str, object]] = []
    silent: list[Knock] = []
    for host in target.hosts:
        if host in visit.causes:
            continue
        known = visit.addresses.get(host, ())
        knocks = await knock(host, known, target.connect_timeout)
        cause = unreached(knocks, target, host)
        if cause is None:
            visit.answering[host] = _first_that_answers(host, known, knocks)
            silent += _silent_before(knocks)
        else:
            visit.causes[host] = cause
            if cause.code not in NEXT_HOST and not visit.answering:
                raise cause
        said += [_answer(each) for each in knocks if each.error is None]
        facts += [_fact(host, each) for each in knocks]
    _go_on(visit)
    found = _unless_some_fail(visit, ", ".join(said), {"addresses": facts})
    if not silent:
        return found
    return Found(
        message=f"{found.message}; no answer from {', '.join(each.at for each in silent)}",
        facts=found.facts,
        state="warning",
        hint="addresses are tried in turn, so every connection waits for `connect_timeout` there first: name one that "
        "answers in the address, or let the network refuse the other",
    )


def _first_that_answers(host: Host, known: Sequence[HostAddress], knocks: Sequence[Knock]) -> Host:
    """The host where connecting gets through to it."""
    return next((each.of(host) for each, done in zip(known, knocks, strict=False) if done.error is None), host)


def _silent_before(knocks: Sequence[Knock]) -> list[Knock]:
    """Addresses that swallow what is sent to them, tried before the first that answers."""
    first = next(index for index, each in enumerate(knocks) if each.error is None)
    return [each for each in knocks[:first] if isinstance(each.error, TimeoutError)]


def _answer(done: Knock) -> str:
    return f"{done.at} answers in {round(done.duration * 1000)} ms"


def _fact(host: Host, done: Knock) -> dict[str, object]:
    problem = done.error
    reason = None if problem is None else os.strerror(problem.errno) if problem.errno else "no answer in time"
    return {
        "host": host.name,
        "at": done.at,
        "version": done.version,
        "duration": round(done.duration, 6),
        "error": reason,
    }


async def encryption(visit: Visit) -> Found:
    """Shake hands with the host that will be used, where its mode encrypts. Raises what connecting would raise."""
    target = visit.reached
    for host, place in visit.answering.items():
        mode = tls.mode_of(target, host)
        first, *others = tls.attempts(target, host)
        if not first:
            return _plain(host, mode, local=target.is_local)
        try:
            return _encrypted(await shake_hands(target, place), host, mode)
        except UnavailableError as error:
            if others and error.code == "tls-unsupported":
                return _plain(host, mode, local=target.is_local)
            if error.code not in NEXT_HOST:
                raise
            visit.causes[host] = error
    raise together([visit.causes[host] for host in target.hosts])


def _plain(host: Host, mode: TlsMode, *, local: bool) -> Found:
    facts = {"host": host.name, "mode": mode, "encrypted": False}
    if local or host.is_local:
        unless = " unless the server insists" if mode == "allow" else ""
        return Found(message=f"not encrypted{unless}: {host.name} is this machine", facts=facts)
    return Found(
        message=f"not encrypted (`sslmode={mode}`): whoever is on the network can read what is sent",
        facts=facts,
        state="warning",
        hint="`sslmode=require` encrypts, `sslmode=verify-full` also proves who answers; the server has to offer TLS",
    )


def _encrypted(made: Handshake, host: Host, mode: TlsMode) -> Found:
    shown = made.certificate
    facts = {
        "host": host.name,
        "mode": mode,
        "encrypted": True,
        "version": made.version,
        "cipher": made.cipher,
        "verified": made.verified,
        "verifiable": made.verified or made.distrust is None,
        "distrust": None if made.distrust is None else made.distrust.detail or made.distrust.message,
        "certificate": None
        if shown is None
        else {
            "subject": shown.subject,
            "issuer": shown.issuer,
            "not_before": _iso(shown.begins),
            "not_after": _iso(shown.ends),
            "names": list(shown.names),
        },
    }
    what = f"{made.version}, {made.cipher}"
    until = "" if shown is None else f", certificate of {shown.subject or 'nobody'} until {shown.ends:%Y-%m-%d}"
    if not made.verified:
        return Found(
            message=f"{what}{until}, not verified (`sslmode={mode}`)",
            facts=facts,
            state="ok" if host.is_local else "warning",
            hint=_to_verify(made.distrust),
        )
    if shown is not None and shown.ends - datetime.now(UTC) < SOON:
        ends = "the certificate ends soon: renew it, or nobody who verifies it can connect any more"
        return Found(message=f"{what}{until}, verified", facts=facts, state="warning", hint=ends)
    return Found(message=f"{what}{until}, verified (`sslmode={mode}`)", facts=facts)


def _iso(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _to_verify(distrust: MigratorError | None) -> str:
    if distrust is None:
        return "add `sslmode=verify-full` to the address: the certificate stands the check"
    reason = f" ({distrust.detail})" if distrust.detail else ""
    return f"with `sslmode=verify-full` it would not be trusted{reason}: {distrust.hint}"


async def login(visit: Visit) -> Found:
    """Log in once. Raises what connecting would raise; a password that is refused is not sent again."""
    target = visit.reached
    session = await open_session(target)
    visit.session = session
    visit.stack.callback(session.abandon)
    await apply_settings(session)
    visit.database = describe(session)
    facts = {"user": target.user, "database": target.database, "encrypted": session.encrypted}
    way = "" if all(host.is_socket for host in target.hosts) else f", {'' if session.encrypted else 'not '}encrypted"
    return Found(message=f"accepted{way}", facts=facts)
