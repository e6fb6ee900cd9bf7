"""A target written as an address, password and all: what the parser has to read back. No command needs it."""

from urllib.parse import quote

from migrator.database.address.target import Host, Target


def parameters(target: Target) -> dict[str, str]:
    """What of a target is written as parameters, but for hosts, ports and login."""
    options = " ".join(f"-c {_word(name)}={_word(value)}" for name, value in target.settings)
    found = {
        "application_name": target.application_name,
        "connect_timeout": repr(target.connect_timeout),
        "options": options,
        "sslcert": target.tls.cert or "",
        "sslkey": target.tls.key or "",
        "sslmode": target.tls.mode or "",
        "sslrootcert": target.tls.rootcert or "",
        "target_session_attrs": target.session_attributes,
        "hostaddr": ",".join(host.address for host in target.hosts)
        if any(host.address for host in target.hosts)
        else "",
    }
    return {key: value for key, value in found.items() if value}


def as_url(target: Target) -> str:
    """As a URL; hosts that a URL has no place for are written as parameters."""
    login = quote(target.user, safe="")
    if target.password is not None:
        login += ":" + quote(target.password.reveal(), safe="")
    found = parameters(target)
    where = ""
    if any(host.is_socket for host in target.hosts):
        found["host"], found["port"] = _names(target.hosts), _ports(target.hosts)
    else:
        where = ",".join(f"{_shown(host.name)}:{host.port}" for host in target.hosts)
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in found.items())
    return f"postgresql://{login}@{where}/{quote(target.database, safe='')}?{query}"


def as_keywords(target: Target) -> str:
    """As libpq's keywords, every value in quotes."""
    found = {"host": _names(target.hosts), "port": _ports(target.hosts), **parameters(target)}
    found |= {"user": target.user, "dbname": target.database}
    if target.password is not None:
        found["password"] = target.password.reveal()
    return " ".join(f"{key} = {quoted(value)}" for key, value in found.items())


def quoted(value: str) -> str:
    """A value in the quotes of libpq's keywords."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _names(hosts: tuple[Host, ...]) -> str:
    return ",".join(host.name for host in hosts)


def _ports(hosts: tuple[Host, ...]) -> str:
    return ",".join(str(host.port) for host in hosts)


def _word(text: str) -> str:
    """A word as the server splits `options`: spaces and backslashes behind a backslash."""
    return "".join(f"\\{character}" if character.isspace() or character == "\\" else character for character in text)


def _shown(name: str) -> str:
    return f"[{quote(name, safe=':')}]" if ":" in name else name
