"""Networks that a test machine does not have, made by the kernel: no IPv6, black holes, a name service that is silent.

The whole command runs in a network namespace of its own, in which nothing is stubbed.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import migrator

DIRECT = "db.abcdefghijklmnopqrst.supabase.co"

HOLE = """
ip link set lo up
ip link add v0 type veth peer name v1
ip addr add 10.9.8.1/24 dev v0
ip link set v0 up
ip link set v1 up
ip neigh add 10.9.8.7 lladdr 02:00:00:00:00:07 dev v0
"""
"""What is sent to 10.9.8.7 arrives nowhere."""

Inside = Callable[..., "subprocess.CompletedProcess[str]"]


def _missing() -> str | None:
    if os.geteuid() != 0 or not all(shutil.which(program) for program in ("unshare", "ip", "mount")):
        return "a network namespace needs root, `unshare`, `ip` and `mount`"
    done = subprocess.run(["unshare", "-nm", "sh", "-ec", HOLE], capture_output=True, check=False)
    return None if done.returncode == 0 else f"no network namespace: {done.stderr.decode().strip()}"


@pytest.fixture
def inside(tmp_path: Path, need: Callable[[str, str | None], None]) -> Inside:
    """Run `migrate ...` in a new namespace after `setup`; `files` stand in for those of /etc."""
    need("netns", _missing())
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrator.toml").touch()

    def run(setup: str, *arguments: str, files: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        lines = [setup]
        for name, text in (files or {}).items():
            (tmp_path / name).write_text(text)
            lines.append(f"mount --bind {tmp_path / name} /etc/{name}")
        script = "\n".join([*lines, 'exec "$@"'])
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(migrator.__file__).parents[1])}
        return subprocess.run(
            ["unshare", "-nm", "sh", "-ec", script, "sh", sys.executable, "-m", "migrator", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


IPV6_ONLY = (
    f"error: `{DIRECT}:5432` has only an IPv6 address, and this machine has no IPv6\n"
    "\n"
    "hint: use the session pooler, `postgres.abcdefghijklmnopqrst@...pooler.supabase.com:5432`, as the dashboard's "
    "`Connect` shows it, or the IPv4 add-on\n"
)


@pytest.mark.parametrize(
    "files",
    [
        {"hosts": f"2600:1f18::7 {DIRECT}\n"},
        {"nsswitch.conf": "hosts: files\n", "hosts": ""},
    ],
    ids=["the name has an IPv6 address", "the name service keeps it back"],
)
def test_a_host_of_ipv6_on_a_machine_without(inside: Inside, files: dict[str, str]):
    """What most CI runners meet: the direct host has IPv6 alone, and the session pooler is the way out."""
    done = inside("ip link set lo up", "-d", f"postgresql://postgres:s3cret@{DIRECT}/postgres", "up", files=files)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", IPV6_ONLY)


def test_the_same_for_programs(inside: Inside):
    """The JSON document has the code, and nothing but the document is written."""
    address = f"postgresql://postgres:s3cret@{DIRECT}/postgres"
    files = {"hosts": f"2600:1f18::7 {DIRECT}\n"}
    done = inside("", "-d", address, "status", "--format", "json", files=files)
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, done.stderr, error["code"], error["message"]) == (
        3,
        "",
        "ipv6-unreachable",
        f"`{DIRECT}:5432` has only an IPv6 address, and this machine has no IPv6",
    )


def test_a_black_hole(inside: Inside):
    """An address that swallows everything ends after `connect_timeout`, with host and port."""
    began = time.monotonic()
    done = inside(HOLE, "-d", "postgresql://u:s3cret@10.9.8.7:6000/d?connect_timeout=0.5", "status")
    took = time.monotonic() - began
    assert (done.returncode, done.stderr, took < 10) == (
        3,
        (
            "error: no answer from `10.9.8.7:6000` within 0.5 s\n"
            "\n"
            "hint: a wrong host, or a firewall that drops what it does not allow; `connect_timeout=60` waits longer\n"
        ),
        True,
    )


def test_a_black_hole_and_a_refused_host(inside: Inside):
    """Of several hosts each is told with its own cause."""
    address = "postgresql://u:s3cret@10.9.8.7,127.0.0.1:1/d?connect_timeout=0.5"
    done = inside(HOLE, "-d", address, "status", "--format", "json")
    error = json.loads(done.stdout)["error"]
    assert (error["code"], error["message"]) == (
        "no-host",
        "none of 2 hosts will do: no answer from `10.9.8.7:5432` within 0.5 s; `127.0.0.1:1` refuses connections",
    )


def test_a_host_of_supabase_that_refuses(inside: Inside):
    """A port that is closed there may be a paused project or a banned address, and not only a server that is down."""
    host = "aws-0-eu-central-1.pooler.supabase.com"
    done = inside(
        "ip link set lo up",
        "-d",
        f"postgresql://postgres.a:s3cret@{host}/d",
        "up",
        files={"hosts": f"127.0.0.1 {host}\n"},
    )
    assert (done.returncode, done.stderr) == (
        3,
        (
            f"error: `{host}:5432` refuses connections\n"
            "\n"
            "hint: the project is paused, this address is banned after failed logins, or the port is wrong: see the "
            "project's dashboard (Database > Settings > Network bans)\n"
        ),
    )


def test_networks_without_a_way(inside: Inside):
    """A route that is unreachable and one that is prohibited are no refused ports."""
    setup = f"{HOLE}\nip route add unreachable 10.9.6.0/24\nip route add prohibit 10.9.7.0/24"
    found = [inside(setup, "-d", f"postgresql://u:s3cret@{host}/d", "status") for host in ("10.9.6.1", "10.9.7.1")]
    assert [(done.returncode, *done.stderr.splitlines()[:2]) for done in found] == [
        (3, "error: `10.9.6.1:5432` cannot be reached from this machine", "  No route to host"),
        (3, "error: the system does not permit to connect to `10.9.7.1:5432`", "  Permission denied"),
    ]


def test_a_name_service_that_is_silent(inside: Inside):
    """`connect_timeout` holds for the look-up of the name, too: the process does not hang on behind its answer."""
    setup = HOLE.replace("10.9.8.7", "10.9.8.53")
    files = {"resolv.conf": "nameserver 10.9.8.53\noptions timeout:20\n", "nsswitch.conf": "hosts: dns\n"}
    address = "postgresql://u:s3cret@db.example.com/d?connect_timeout=0.5"
    began = time.monotonic()
    done = inside(setup, "-d", address, "status", files=files)
    took = time.monotonic() - began
    assert (done.returncode, done.stderr, took < 10) == (
        3,
        (
            "error: the name service does not tell the address of `db.example.com` within 0.5 s\n"
            "\n"
            "hint: check the network and the VPN\n"
        ),
        True,
    )
    told = json.loads(inside(setup, "-d", address, "--json", "doctor", files=files).stdout)
    assert (told["error"]["code"], told["error"]["message"]) == (
        "host-unknown",
        "the name service does not tell the address of `db.example.com` within 0.5 s",
    )
