"""Properties of the address parser: what is written is read, and a password never appears in what people see."""

import string
from collections.abc import Callable
from dataclasses import replace

import pytest
from addresses import as_keywords, as_url
from hypothesis import given
from hypothesis import strategies as st

from migrator.config import Address
from migrator.database.address.dsn import parse
from migrator.database.address.target import Host, Secret, Target, Tls, TlsMode
from migrator.errors import InputError

SPECIAL = "@#/?[]%:+ &='\\,;$"
WORD = "S3kr1t"

text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
names = st.from_regex(r"[a-z][a-z0-9-]{0,8}(\.[a-z]{2,4})?", fullmatch=True)
addresses = st.sampled_from(["::1", "fe80::1%eth0", "2001:db8::7"])
sockets = st.from_regex(r"/[a-zA-Z0-9 _.%@+-]{1,12}(/[a-zA-Z0-9_]{1,8})?", fullmatch=True).map(str.strip)
hosts = st.builds(Host, name=names | addresses | sockets, port=st.integers(1, 65535))
# pieces of a password that cannot occur by chance, between everything that a URL could trip over
passwords = st.lists(st.text(SPECIAL, max_size=4), min_size=2, max_size=5).map(WORD.join)


@st.composite
def tls(draw: st.DrawFn) -> Tls:
    """Encryption, in the combinations that mean what they say: a root certificate raises the weaker modes."""
    rootcert = draw(st.none() | st.just("system") | text)
    modes: tuple[TlsMode | None, ...] = (None, "disable", "allow", "prefer", "require", "verify-ca", "verify-full")
    if rootcert is not None:
        modes = ("verify-full",) if rootcert == "system" else ("disable", "allow", "prefer", "verify-ca", "verify-full")
    return Tls(
        mode=draw(st.sampled_from(modes)), rootcert=rootcert, cert=draw(st.none() | text), key=draw(st.none() | text)
    )


settings = st.dictionaries(
    st.from_regex(r"[a-z_][a-z0-9_.]{0,8}", fullmatch=True),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
    max_size=3,
)


@st.composite
def targets(draw: st.DrawFn) -> Target:
    """Everything that a target can hold."""
    password = draw(st.none() | text | passwords)
    numbers = st.sampled_from(["", "10.0.0.1", "2001:db8::9"])
    found = [
        host if host.is_socket else replace(host, address=draw(numbers))
        for host in draw(st.lists(hosts, min_size=1, max_size=3))
    ]
    return Target(
        hosts=tuple(found),
        user=draw(text),
        database=draw(text),
        password=None if password is None else Secret(password),
        tls=draw(tls()),
        settings=tuple(draw(settings).items()),
        application_name=draw(text),
        connect_timeout=draw(st.floats(0.001, 1e6)),
        session_attributes=draw(
            st.sampled_from(["any", "read-write", "read-only", "primary", "standby", "prefer-standby"])
        ),
    )


def _seen(target: Target) -> str:
    """Everything of a target that a person or a log may come to see."""
    return " ".join([str(target), repr(target), repr(target.told), repr(target.origins), repr(target.password)])


def _read(text: str) -> tuple[Target | None, str, str]:
    """The target, the code of the refusal where there is none, and all that people see of either."""
    try:
        target = parse(Address(text, "test"), {"PGUSER": "u"})
    except InputError as error:
        return None, error.code, _told(error)
    return target, "", _seen(target)


def _told(error: InputError) -> str:
    return " ".join(map(str, (error, repr(error), error.message, error.hint, error.detail, error.where)))


@pytest.mark.parametrize("write", [as_url, as_keywords])
@given(target=targets())
def test_an_address_is_read_as_it_was_written(write: Callable[[Target], str], target: Target) -> None:
    """Hosts, login, encryption, settings, times: every target survives the way through a URL and through keywords."""
    again = parse(Address(write(target), "test"), {"HOME": "/nowhere"})
    assert replace(again, origin="argument", origins=(), told=()) == target


@given(user=text, found=st.lists(hosts, min_size=1, max_size=3), database=text)
def test_the_redacted_address_is_an_address(user: str, found: list[Host], database: str) -> None:
    """What we show of a target can be pasted: it names the same hosts, user and database."""
    target = Target(hosts=tuple(found), user=user, database=database)
    again = parse(Address(str(target), "test"), {"HOME": "/nowhere"})
    assert (target.hosts, target.user, target.database) == (again.hosts, again.user, again.database)


@given(
    password=passwords,
    form=st.sampled_from(
        [
            "postgresql://u:{}@h:5432/d",
            "postgresql://u:{}@h/d?sslmode=disable",
            "postgresql://u:{}@h,i/d?nonsense=1",
            "postgresql://{}@h/d",
            "postgresql://u:{}@h:port/d",
            "postgresql://u:{}@/d?host=/tmp",
            "postgresql://u@h/d?password={}",
            "postgresql://u@h/d?password={}&sslmod=disable",
            "postgresql://u:{}",
            "mysql://u:{}@h/d",
            "host=h user=u password={} dbname=d",
            "host=h user=u password='{}' dbname=d",
            "password={}",
            "{}",
            "u:{}@h/d",
            '"postgresql://u:{}@h/d"',
        ]
    ),
)
def test_nothing_that_is_shown_holds_a_piece_of_the_password(password: str, form: str) -> None:
    """Whatever an unescaped password makes of an address, no error, notice or repr repeats a word of it."""
    target, _code, shown = _read(form.format(password))
    # without a user or without a host, another value stands where the password was meant to
    if target and form in {"postgresql://{}@h/d", "postgresql://u:{}", "{}", "password={}"}:
        shown = repr(target.password) + repr(target.told)
    assert WORD not in shown


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(written: str) -> None:
    """No text makes the parser fail in another way than by telling the user."""
    target, code, _shown = _read(written)
    assert (target is None) == bool(code)


@given(st.text(string.printable, max_size=30).map("postgresql://".__add__))
def test_any_url_is_read_or_refused(written: str) -> None:
    """No URL makes the parser fail in another way than by telling the user."""
    target, code, _shown = _read(written)
    assert (target is None) == bool(code)
