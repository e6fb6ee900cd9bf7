"""Each spelling of an address, and each way to misspell one, with the literal outcome."""

from dataclasses import replace

import pytest

from migrator.config import Address
from migrator.database.address.dsn import parse
from migrator.database.address.target import Host, Target, Tls
from migrator.errors import InputError

NOBODY = {"PGUSER": "nobody"}


def read(text: str, environ: dict[str, str] | None = None) -> Target:
    return parse(Address(text, "DATABASE_URL"), environ or {})


def refusal(text: str) -> tuple[str, str, str | None]:
    with pytest.raises(InputError) as raised:
        read(text)
    return raised.value.code, raised.value.message, raised.value.hint


@pytest.mark.parametrize(
    "scheme",
    ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg", "postgresql+psycopg2", "PostgreSQL"],
)
def test_every_scheme_of_postgresql_is_read(scheme: str):
    """The schemes of libpq, asyncpg, psycopg and yoyo name the same database."""
    target = read(f"{scheme}://u:secret@db.example.com:6000/app")
    assert (
        str(target),
        target.password.reveal() if target.password else None,
    ) == ("postgresql://u@db.example.com:6000/app", "secret")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://u@h/d", (Host(name="h", port=5432),)),
        ("postgresql://u@h:1/d", (Host(name="h", port=1),)),
        ("postgresql://u@h:/d", (Host(name="h", port=5432),)),
        ("postgresql://u@a:1,b,c:3/d", (Host(name="a", port=1), Host(name="b"), Host(name="c", port=3))),
        ("postgresql://u@[::1]/d", (Host(name="::1"),)),
        ("postgresql://u@[2001:db8::7]:6000/d", (Host(name="2001:db8::7", port=6000),)),
        ("postgresql://u@%2Fvar%2Frun/d", (Host(name="/var/run"),)),
        ("postgresql://u@/d?host=/var/run/pg", (Host(name="/var/run/pg"),)),
        ("postgresql://u@/d?host=/var/run/pg&port=6000", (Host(name="/var/run/pg", port=6000),)),
        ("postgresql://u@/d?host=/var/run/.s.PGSQL.6001", (Host(name="/var/run", port=6001),)),
        ("postgresql://u@h/d?host=other", (Host(name="other"),)),
        ("host=h port=6000 user=u dbname=d", (Host(name="h", port=6000),)),
        ("host=a,b port=6000 user=u dbname=d", (Host(name="a", port=6000), Host(name="b", port=6000))),
        ("host=a,b port=1,2 user=u dbname=d", (Host(name="a", port=1), Host(name="b", port=2))),
        ("host=/run user=u dbname=d", (Host(name="/run"),)),
        ("hostaddr=10.0.0.1 user=u dbname=d", (Host(name="10.0.0.1"),)),
        ("host=h hostaddr=10.0.0.1 user=u dbname=d", (Host(name="h", address="10.0.0.1"),)),
        ("host=a,b hostaddr=,::1 user=u dbname=d", (Host(name="a"), Host(name="b", address="::1"))),
        ("postgresql://u@h:1/d?hostaddr=10.0.0.1", (Host(name="h", port=1, address="10.0.0.1"),)),
        ("host = h  user = u\n dbname = d ", (Host(name="h"),)),
    ],
)
def test_hosts(text: str, expected: tuple[Host, ...]):
    """Hosts, ports, sockets and IPv6 addresses are found in every place where libpq allows them."""
    target = read(text)
    assert (expected, "u", "d") == (target.hosts, target.user, target.database)


@pytest.mark.parametrize(
    "text",
    ["postgresql://u@h:5432/d?application_name=a@b", "postgresql://u:x@h:5432/d?application_name=a@b&sslmode=disable"],
)
def test_an_at_sign_in_a_value_belongs_to_it(text: str):
    """The last `@` ends the password only where what follows is no value of a key that we know."""
    target = read(text)
    assert (str(target), target.application_name) == ("postgresql://u@h:5432/d", "a@b")


def test_escapes_are_decoded_in_every_part():
    """Percent-encoding is undone in user, password, host, database and values; `+` stays a plus."""
    target = read("postgresql://a%40b:p%2Fw+%C3%BC@h%2Dx/d%20e?application_name=my%20app")
    assert (
        target.user,
        target.password.reveal() if target.password else None,
        target.hosts[0].name,
        target.database,
        target.application_name,
    ) == ("a@b", "p/w+ü", "h-x", "d e", "my app")


def test_user_and_password_end_at_the_last_at_sign():
    """An `@`, `#` or `[` that was pasted into a password is understood, and told with the form to write."""
    target = read("postgresql://u:p@s#s[1@h/d")
    assert (
        target.hosts[0].name,
        target.password.reveal() if target.password else None,
        [told.message for told in target.told],
    ) == (
        "h",
        "p@s#s[1",
        [
            (
                "the password in the address from DATABASE_URL holds an unescaped `@` and `#` and `[`; other programs "
                "may read it differently, so write `@` as `%40`, `#` as `%23`, `[` as `%5B`"
            )
        ],
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "postgresql://u:pa/ss@h/d",
            (
                "address-unescaped",
                "the password in the address from DATABASE_URL holds an unescaped `/`",
                "write `/` as `%2F`",
            ),
        ),
        (
            "postgresql://u:p@s?s@h/d",
            (
                "address-unescaped",
                "the password in the address from DATABASE_URL holds an unescaped `@` and `?`",
                "write `@` as `%40`, `?` as `%3F`",
            ),
        ),
        (
            "postgresql://u:pa%zz@h/d",
            (
                "address-percent",
                "the password in the address from DATABASE_URL holds a `%` that does not begin an escape such as `%40`",
                "write a `%` that is meant as itself as `%25`",
            ),
        ),
        (
            "postgresql://u:%FF@h/d",
            (
                "address-percent",
                "the password in the address from DATABASE_URL has an escape that is not UTF-8 text",
                "escape each byte of the character's UTF-8 form, as in `%C3%BC`; `%00` is not possible",
            ),
        ),
        (
            "postgresql://postgres:[YOUR-PASSWORD]@db.x.supabase.co:5432/postgres",
            (
                "password-placeholder",
                "the password from DATABASE_URL is still the placeholder that it was copied with",
                (
                    "put the password of the database there; in Supabase's dashboard, Database > Settings can set a "
                    "new one"
                ),
            ),
        ),
        (
            "postgresql://u:secret",
            (
                "address-port",
                "the port in the address from DATABASE_URL is not a number",
                "write it as `postgresql://user:password@host:5432/database`",
            ),
        ),
        (
            "postgresql://u@h:70000/d",
            ("address-port", "the port from DATABASE_URL is not between 1 and 65535", None),
        ),
        (
            "postgresql://u@::1/d",
            (
                "address-host",
                "the host in the address from DATABASE_URL cannot be read",
                "an IPv6 address is written in brackets, as in `[::1]:5432`",
            ),
        ),
        (
            "host=a,b port=1,2,3 user=u",
            (
                "address-port",
                "3 ports for 2 hosts in the address from DATABASE_URL",
                "give one port, or as many as hosts",
            ),
        ),
        (
            "postgresql://u@h/d?sslmod=require",
            (
                "address-key-unknown",
                "unknown key `sslmod` in the address from DATABASE_URL",
                "did you mean `sslmode`?",
            ),
        ),
        (
            "postgresql://u@h/d?lock_timeout=5s",
            (
                "address-key-unknown",
                "unknown key `lock_timeout` in the address from DATABASE_URL",
                "a setting of the server is written `options=-c%20lock_timeout=...`; any other key has to be removed",
            ),
        ),
        (
            "postgresql://u@h/d?sslcrl=x.pem",
            (
                "address-key-unsupported",
                "`sslcrl` in the address from DATABASE_URL is not supported",
                "remove `sslcrl` from the address",
            ),
        ),
        (
            "postgresql://u@h/d?sslmode=always",
            (
                "address-sslmode",
                "unknown `sslmode` from DATABASE_URL",
                "it is one of `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`",
            ),
        ),
        (
            "password=two words host=h",
            (
                "address-keywords",
                "the address from DATABASE_URL holds a word that is not `key=value`",
                "a value with spaces is written in single quotes, as in `password='two words'`",
            ),
        ),
        (
            "password=a b=c host=h",
            (
                "address-key-unknown",
                "the address from DATABASE_URL holds a key that is unknown",
                "if it is a piece of the password, quote or escape the password",
            ),
        ),
        (
            "host='h",
            (
                "address-keywords",
                "a quoted value in the address from DATABASE_URL does not end",
                "inside single quotes, `'` is written `\\'` and `\\` is written `\\\\`",
            ),
        ),
        (
            "mysql://u:secret@h/d",
            (
                "address-form",
                "the address from DATABASE_URL is not one of PostgreSQL (`mysql:`)",
                (
                    "write a URL such as `postgresql://user:password@host:5432/database`, libpq keywords, `embedded:` "
                    "or `docker:IMAGE`"
                ),
            ),
        ),
        (
            "https://abc.supabase.co",
            (
                "address-form",
                "the address from DATABASE_URL is not one of PostgreSQL (`https:`)",
                "that is the address of a web service; in Supabase's dashboard, `Connect` shows the database's own",
            ),
        ),
        (
            "postgresql:u@h/d",
            (
                "address-form",
                "the address from DATABASE_URL lacks `//` behind `postgresql:`",
                "write `postgresql://...`",
            ),
        ),
        (
            '"postgresql://u@h/d"',
            (
                "address-form",
                "the address from DATABASE_URL begins with a quotation mark",
                "remove the quotation marks",
            ),
        ),
        (
            "u:secret@h/d",
            (
                "address-form",
                "the address from DATABASE_URL has no form that we know",
                (
                    "write a URL such as `postgresql://user:password@host:5432/database`, libpq keywords, `embedded:` "
                    "or `docker:IMAGE`"
                ),
            ),
        ),
        (
            "postgresql://u@h/d?options=-x",
            (
                "address-options",
                "the `options` from DATABASE_URL hold something else than `-c name=value`",
                "settings of the server are written `-c name=value`, in a URL `options=-c%20name=value`",
            ),
        ),
        (
            "postgresql://u@h/d?options=-c%20client_encoding%3Dlatin1",
            (
                "address-options",
                "the `options` from DATABASE_URL set `client_encoding`, on which the reading of migrations rests",
                "remove `client_encoding` from the options",
            ),
        ),
        (
            "postgresql://u@h/d?ssl=perhaps",
            (
                "address-sslmode",
                "unknown `sslmode` from DATABASE_URL",
                "it is one of `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`",
            ),
        ),
        (
            "postgresql://u@h/d?gssencmode=require",
            (
                "address-key-unsupported",
                "`gssencmode` in the address from DATABASE_URL is not supported",
                "remove `gssencmode` from the address",
            ),
        ),
        (
            "host=h hostaddr=h user=u",
            (
                "address-host",
                "the `hostaddr` from DATABASE_URL is not an IP address",
                "write a name as `host=...`; `hostaddr` is for its number",
            ),
        ),
        (
            "host=a,b hostaddr=::1 user=u",
            (
                "address-host",
                "1 `hostaddr` for 2 hosts in the address from DATABASE_URL",
                "give as many numbers as names, in the same order",
            ),
        ),
        (
            "postgresql://u@[]/d",
            (
                "address-host",
                "the host in the address from DATABASE_URL cannot be read",
                "an IPv6 address is written in brackets, as in `[::1]:5432`",
            ),
        ),
        (
            "host=h user='u\0database\0x' dbname=d",
            (
                "address-encoding",
                "the address from DATABASE_URL is not UTF-8 text",
                "write it as UTF-8, without NUL; in a URL each byte of a character can be escaped, as in `%C3%BC`",
            ),
        ),
        (
            "postgresql://u:p\udcfc%20@h/d",
            (
                "address-encoding",
                "the address from DATABASE_URL is not UTF-8 text",
                "write it as UTF-8, without NUL; in a URL each byte of a character can be escaped, as in `%C3%BC`",
            ),
        ),
        (
            "postgresql://postgres.[YOUR-PROJECT-REF]:secret@aws-0-eu-west-1.pooler.supabase.com/postgres",
            (
                "address-placeholder",
                "the user from DATABASE_URL still holds a placeholder",
                "replace what stands in brackets; Supabase's dashboard shows the whole address under `Connect`",
            ),
        ),
        (
            "postgresql://u@h/d?connect_timeout=soon",
            ("address-timeout", "the `connect_timeout` from DATABASE_URL is not a number of seconds", None),
        ),
    ],
)
def test_what_cannot_be_read_is_named(text: str, expected: tuple[str, str, str | None]):
    """Each mistake has its own code, text and way out; none repeats what was written where a password may be."""
    assert expected == refusal(text)


@pytest.mark.parametrize(
    "password",
    [
        "[YOUR-PASSWORD]",
        "%5BYOUR-PASSWORD%5D",
        "<db_password>",
        "{password}",
        "${DB_PASSWORD}",
        "YOUR_PASSWORD",
        "*****",
    ],
)
def test_a_placeholder_is_recognised(password: str):
    """What dashboards, guides and masked fields leave where a password belongs is told as that, before any login."""
    assert refusal(f"postgresql://u:{password}@h/d")[0] == "password-placeholder"


def test_spaces_that_are_not_ascii_belong_to_values():
    """Only what C takes for a space separates keywords; an escaped one at the end belongs to the value."""
    target = read("host=h user=u password=a\u00a0b\u2028\\ ")
    assert target.password is not None
    assert target.password.reveal() == "a\u00a0b\u2028 "


def test_libpq_keys_become_parts_of_the_target():
    """Time, name, settings and the choice among hosts are translated, not sent to the server."""
    target = read(
        "postgresql://u@h/d?connect_timeout=3&application_name=app&target_session_attrs=primary"
        "&options=-c%20search_path%3Da%5C%20b%20--statement-timeout%3D5s"
    )
    assert (
        target.connect_timeout,
        target.application_name,
        target.session_attributes,
        target.settings,
    ) == (3.0, "app", "primary", (("search_path", "a b"), ("statement_timeout", "5s")))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", Tls()),
        ("sslmode=require", Tls(mode="require")),
        ("ssl=true", Tls(mode="require")),
        ("ssl=verify-full", Tls(mode="verify-full")),
        ("ssl=false", Tls(mode="disable")),
        ("ssl=true&sslmode=verify-ca", Tls(mode="verify-ca")),
        ("sslmode=no-verify", Tls(mode="require")),
        ("sslrootcert=ca.pem", Tls(mode="verify-full", rootcert="ca.pem")),
        ("sslrootcert=system", Tls(mode="verify-full", rootcert="system")),
        ("sslmode=require&sslrootcert=ca.pem", Tls(mode="verify-ca", rootcert="ca.pem")),
        ("sslmode=verify-ca&sslrootcert=ca.pem", Tls(mode="verify-ca", rootcert="ca.pem")),
        ("sslcert=c.pem&sslkey=k.pem", Tls(cert="c.pem", key="k.pem")),
    ],
)
def test_tls(query: str, expected: Tls):
    """The keys of libpq for encryption mean what they mean there; a root certificate alone asks for all of it."""
    assert expected == read(f"postgresql://u@h/d?{query}").tls


def test_other_programs_keys_are_dropped_with_one_notice():
    """Prisma's and Vercel's keys are ignored, and one notice names them all; a protection that is lost has its own."""
    target = read(
        "postgresql://u@h/d?pgbouncer=true&connection_limit=1&pool_timeout=0&schema=public&supa=base-pooler.x"
        "&channel_binding=require&sslmode=require"
    )
    assert [(told.code, told.message) for told in target.told] == [
        (
            "option-dropped",
            (
                "`pgbouncer`, `connection_limit`, `pool_timeout`, `schema`, `supa` in the address from "
                "DATABASE_URL are ignored"
            ),
        ),
        (
            "channel-binding",
            (
                "`channel_binding=require` in the address from DATABASE_URL is ignored: the driver cannot bind a login "
                "to its channel; `sslmode=verify-full` proves who answers"
            ),
        ),
    ]


def test_a_target_shows_no_password():
    """Neither str nor repr of a target, its secret or its address holds the password."""
    address = Address("postgresql://u:hunter2@h/d", "DATABASE_URL")
    target = parse(address, {})
    shown = " ".join(
        [str(target), repr(target), repr(target.password), str(target.password), repr(address), str(address)]
    )
    assert "hunter2" not in shown


def test_a_container_of_ours_is_on_this_machine():
    """`docker:IMAGE` may be reached by the address of a bridge; a server of somebody else there is another matter."""
    there = read("postgresql://u@172.17.0.1:32768/d")
    assert (there.is_local, replace(there, kind="docker").is_local) == (False, True)
