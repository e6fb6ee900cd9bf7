"""What an address tells about a pooler, and where migrations go instead."""

import pytest

from migrator.config import Address
from migrator.database.address.dsn import parse
from migrator.database.address.pooler import for_migrating, seen, without_pooler
from migrator.database.address.target import TargetKind

SHARED = "aws-0-eu-central-1.pooler.supabase.com"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (f"{SHARED}:6543", "transaction-pooler"),
        (f"{SHARED}:5432", "session-pooler"),
        ("db.abcdefgh.supabase.co:6543", "transaction-pooler"),
        ("db.abcdefgh.supabase.co:5432", "direct"),
        ("ep-cool-rain-123-pooler.eu-central-1.aws.neon.tech", "transaction-pooler"),
        ("ep-cool-rain-123.eu-central-1.aws.neon.tech", "direct"),
        ("db.example.com:6543", "direct"),
        ("evil-pooler.supabase.com.example.com:6543", "direct"),
        ("localhost", "direct"),
    ],
)
def test_known_hosts(host: str, expected: str):
    """Supabase's and Neon's hosts tell by name and port what stands there; others tell nothing."""
    assert expected == parse(Address(f"postgresql://u@{host}/d", "test"), {}).kind


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (
            f"{SHARED}:6543",
            (
                f"postgresql://u@{SHARED}:5432/d",
                "session-pooler",
                [f"port 6543 pools by transaction and cannot migrate: connecting to {SHARED}:5432 instead"],
            ),
        ),
        (
            "db.abcdefgh.supabase.co:6543",
            (
                "postgresql://u@db.abcdefgh.supabase.co:5432/d",
                "direct",
                [
                    (
                        "port 6543 pools by transaction and cannot migrate: connecting to db.abcdefgh.supabase.co:5432 "
                        "instead"
                    )
                ],
            ),
        ),
        (
            "ep-a-pooler.aws.neon.tech",
            ("postgresql://u@ep-a-pooler.aws.neon.tech:5432/d", "transaction-pooler", []),
        ),
        ("db.example.com:6543", ("postgresql://u@db.example.com:6543/d", "direct", [])),
    ],
)
def test_migrations_go_to_the_session_door(host: str, expected: tuple[str, str, list[str]]):
    """Supabase's 6543 becomes 5432 with a notice; nothing else is changed, and what cannot be helped stays marked."""
    target = for_migrating(parse(Address(f"postgresql://u@{host}/d", "test"), {}))
    assert expected == (str(target), target.kind, [told.message for told in target.told])


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("ep-a-pooler.eu-central-1.aws.neon.tech", "postgresql://u@ep-a.eu-central-1.aws.neon.tech:5432/d"),
        (f"{SHARED}:6543", f"postgresql://u@{SHARED}:5432/d"),
        ("bouncer.example.com:6432", None),
        ("ep-a.eu-central-1.aws.neon.tech", None),
    ],
)
def test_the_door_behind_a_pooler(host: str, expected: str | None):
    """Where a known pooler shares connections, the address where sessions hold is known, too."""
    found = without_pooler(parse(Address(f"postgresql://u@{host}/d", "test"), {}))
    assert expected == (None if found is None else str(found))


@pytest.mark.parametrize(
    ("host", "handshake", "before", "now", "expected"),
    [
        ("db.example.com", 10, None, 10, "direct"),
        ("db.example.com", 10, 10, 10, "direct"),
        ("db.example.com", 7777, None, 10, "pooler"),
        ("db.example.com", 7777, 10, 10, "pooler"),
        ("db.example.com", 7777, 10, 11, "transaction-pooler"),
        (f"{SHARED}:5432", 7777, 10, 10, "session-pooler"),
        (f"{SHARED}:5432", 7777, 10, 11, "transaction-pooler"),
        ("ep-a.aws.neon.tech", 7777, None, 10, "direct"),
        ("ep-a-pooler.aws.neon.tech", 7777, None, 10, "transaction-pooler"),
    ],
)
def test_backends_tell_what_is_between(host: str, handshake: int, before: int | None, now: int, expected: TargetKind):
    """An id that the handshake did not tell is a pooler's; another backend is its transaction mode; names have more."""
    target = parse(Address(f"postgresql://u@{host}/d", "test"), {})
    assert expected == seen(target, handshake=handshake, before=before, now=now)
