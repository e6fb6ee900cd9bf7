"""What fills an address where it is silent: services, `PG*` variables, password files, defaults, with origins."""

from pathlib import Path

import pytest

from migrator.config import Address
from migrator.database.address.dsn import parse
from migrator.database.address.target import Host, Target
from migrator.errors import InputError


def read(text: str, **environ: str) -> Target:
    return parse(Address(text, "--database"), environ)


def secret(target: Target) -> str | None:
    return target.password.reveal() if target.password else None


def test_variables_fill_only_what_is_missing():
    """`PG*` variables give what the address leaves open, and the target knows which gave what."""
    target = read(
        "postgresql://u@h",
        PGHOST="x",
        PGPORT="6000",
        PGUSER="x",
        PGDATABASE="app",
        PGPASSWORD="pw",
        PGSSLMODE="disable",
    )
    assert (str(target), secret(target), target.tls.mode, target.origins) == (
        "postgresql://u@h:6000/app",
        "pw",
        "disable",
        (("database", "PGDATABASE"), ("password", "PGPASSWORD"), ("port", "PGPORT"), ("sslmode", "PGSSLMODE")),
    )


def test_variables_alone_are_an_address():
    """An empty address is filled altogether."""
    target = read("", PGHOST="h", PGUSER="u", PGDATABASE="d")
    assert (str(target), target.origin) == ("postgresql://u@h:5432/d", "--database")


def test_the_database_is_named_like_the_user_by_default():
    """As in libpq, the user's name is the database's when nothing names one."""
    target = read("postgresql://u@h")
    assert (target.database, target.origins) == ("u", (("database", "the user's name"),))


def test_without_a_host_a_socket_that_exists_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The default host is the folder of an existing socket of that port, else localhost."""
    monkeypatch.setattr("migrator.database.address.libpq.SOCKET_FOLDERS", (str(tmp_path),))
    (tmp_path / ".s.PGSQL.6000").touch()
    with_socket, without = read("postgresql://u@/d?port=6000"), read("postgresql://u@/d?port=6001")
    assert ((Host(name=str(tmp_path), port=6000),), (Host(name="localhost", port=6001),), (("host", "default"),)) == (
        with_socket.hosts,
        without.hosts,
        without.origins,
    )


@pytest.fixture
def service_file(tmp_path: Path) -> str:
    file = tmp_path / "services.conf"
    file.write_text(
        "# ours\n[other]\nhost=wrong\n\n[shop]\nhost=db.example.com\nport=6000\ndbname=shop\nuser=clerk\n"
        "password=p#w\nconnect_timeout=7\n\n[broken]\nhots=x\n"
    )
    return str(file)


@pytest.mark.parametrize("text", ["service=shop", "postgresql://?service=shop", ""])
def test_a_service_is_read(service_file: str, text: str):
    """`service=` in both forms and PGSERVICE take the section of that name."""
    target = read(text, PGSERVICEFILE=service_file, **({"PGSERVICE": "shop"} if not text else {}))
    assert ("postgresql://clerk@db.example.com:6000/shop", "p#w", 7.0, f"service `shop` in {service_file}") == (
        str(target),
        secret(target),
        target.connect_timeout,
        dict(target.origins)["host"],
    )


def test_a_service_is_weaker_than_the_address_and_stronger_than_variables(service_file: str):
    """What the address says stays; what the service says is not replaced by a variable."""
    target = read("service=shop user=me", PGSERVICEFILE=service_file, PGUSER="x", PGDATABASE="x")
    assert str(target) == "postgresql://me@db.example.com:6000/shop"


def test_a_service_file_of_the_home_folder_and_of_the_system(tmp_path: Path):
    """`~/.pg_service.conf` comes first, PGSYSCONFDIR's file second."""
    (tmp_path / ".pg_service.conf").write_text("[a]\nhost=home\n")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "pg_service.conf").write_text("[a]\nhost=etc\n[b]\nhost=etc\n")
    environ = {"HOME": str(tmp_path), "PGSYSCONFDIR": str(tmp_path / "etc"), "PGUSER": "u"}
    assert [read(f"service={name}", **environ).hosts[0].name for name in "ab"] == ["home", "etc"]


def test_an_unknown_service_names_the_files(tmp_path: Path):
    """A service that no file defines is an error that says where it was looked for."""
    with pytest.raises(InputError) as raised:
        read("service=nope", HOME=str(tmp_path))
    assert (
        f"service `nope` is not defined in {tmp_path}/.pg_service.conf",
        "add a section `[nope]` there, or name another file in PGSERVICEFILE",
    ) == (raised.value.message, raised.value.hint)


def test_an_unknown_key_in_a_service_is_named(service_file: str):
    """A service is held to the same keys as an address."""
    with pytest.raises(InputError) as raised:
        read("service=broken", PGSERVICEFILE=service_file)
    assert f"unknown key `hots` in the address from service `broken` in {service_file}" == raised.value.message


def test_a_variable_never_leads_to_another_server():
    """Where the address names the host, PGHOSTADDR does not say where to go instead; without one, both count."""
    named = read("postgresql://u@h/d", PGHOSTADDR="10.0.0.9")
    both = read("postgresql://u@/d", PGHOST="h", PGHOSTADDR="10.0.0.9")
    assert (named.hosts, both.hosts, str(both)) == (
        (Host(name="h"),),
        (Host(name="h", address="10.0.0.9"),),
        "postgresql://u@h:5432/d?hostaddr=10.0.0.9",
    )


def test_a_protection_that_a_variable_asks_for_and_cannot_have_is_told():
    """Variables are set for other programs, too: what cannot be honoured is told, not refused."""
    target = read("postgresql://u@h/d", PGREQUIREAUTH="scram-sha-256", PGCHANNELBINDING="require")
    assert [told.message for told in target.told] == [
        "`PGREQUIREAUTH`, `PGCHANNELBINDING` are ignored: the driver does not offer that protection"
    ]


def passfile(folder: Path, text: str, mode: int = 0o600) -> str:
    file = folder / "pass"
    file.write_text(text)
    file.chmod(mode)
    return str(file)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("h:5432:d:u:secret", "secret"),
        ("*:*:*:*:secret", "secret"),
        ("h:5432:d:u:with:colon", "with:colon"),
        (r"h:5432:d:u:back\\slash\:", r"back\slash:"),
        ("other:5432:d:u:secret", None),
        ("h:6000:d:u:secret", None),
        ("h:5432:x:u:secret", None),
        ("h:5432:d:x:secret", None),
        ("#h:5432:d:u:secret", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_a_password_file_is_read_by_libpqs_rules(tmp_path: Path, line: str, expected: str | None):
    """Fields match literally or by `*`; a backslash escapes; the first line that matches gives the password."""
    assert expected == secret(read("postgresql://u@h/d", PGPASSFILE=passfile(tmp_path, f"{line}\nx:1:y:z:later\n")))


def test_a_password_file_knows_sockets_as_localhost(tmp_path: Path):
    """A server behind a socket is `localhost` in the file, or its folder."""
    text = "postgresql://u@/d?host=/run/pg"
    found = []
    for line in ("localhost:*:*:*:by-name", "/run/pg:*:*:*:by-folder", "/run/other:*:*:*:wrong"):
        file = passfile(tmp_path, line)
        target = read(text, PGPASSFILE=file)
        found.append((secret(target), target.origins == (("password", file),)))
    assert found == [("by-name", True), ("by-folder", True), (None, False)]


def test_each_host_gets_its_own_password(tmp_path: Path):
    """A password that the file has for one host is not sent to another one."""
    file = passfile(tmp_path, "one:*:*:*:first\nthree:*:*:*:third\n")
    target = read("postgresql://u@one,two,three/d", PGPASSFILE=file)
    found = [secret.reveal() if (secret := target.secret(host)) else None for host in target.hosts]
    assert (found, dict(target.origins)["password"]) == (["first", None, "third"], file)


@pytest.mark.parametrize("password", ["a\x0bb", "a\x0cb", "a\x1cb", "a\x85b", "a\u2028b", "a b ", "a\rb"])
def test_only_the_end_of_a_line_ends_a_password(tmp_path: Path, password: str):
    """Characters that Unicode takes for the end of a line are part of a password."""
    file = tmp_path / "pass"
    file.write_bytes(f"*:*:*:*:{password}\r\n".encode())
    file.chmod(0o600)
    assert secret(read("postgresql://u@h/d", PGPASSFILE=str(file))) == password


def test_a_password_file_that_is_none_is_told():
    """`PGPASSFILE=/dev/null` switches the file off; nobody is told to change the rights of a device."""
    target = read("postgresql://u@h/d", PGPASSFILE="/dev/null")
    assert (secret(target), [told.message for told in target.told]) == (
        None,
        ["the password file /dev/null is not used: it is not a plain file"],
    )


def test_a_password_file_of_the_home_folder(tmp_path: Path):
    """`~/.pgpass` is read without being named, and not when the address has a password."""
    passfile(tmp_path, "*:*:*:*:from-home\n")
    (tmp_path / "pass").rename(tmp_path / ".pgpass")
    assert [secret(read(text, HOME=str(tmp_path))) for text in ("postgresql://u@h/d", "postgresql://u:mine@h/d")] == [
        "from-home",
        "mine",
    ]


def test_a_password_file_that_others_can_read_is_not_used(tmp_path: Path):
    """As in libpq a file with open permissions is ignored, and the user hears why."""
    file = passfile(tmp_path, "*:*:*:*:secret\n", 0o644)
    target = read("postgresql://u@h/d", PGPASSFILE=file)
    assert (None, [f"the password file {file} is not used: other users can read it (`chmod 600 {file}`)"]) == (
        secret(target),
        [told.message for told in target.told],
    )


def test_a_named_password_file_that_is_missing_is_told(tmp_path: Path):
    """A file that somebody named and that is not there is worth a word; the default one is not."""
    target = read("postgresql://u@h/d", PGPASSFILE=str(tmp_path / "gone"), HOME=str(tmp_path))
    assert [f"the password file {tmp_path}/gone is not used: No such file or directory"] == [
        told.message for told in target.told
    ]
